import ArgumentParser
import Host
import Libvirt
import Protector
import System
import TimerProbe
import WatchdogPolicy

/// Where the policy comes from.
struct PolicyOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The properties file to read instead of the host's.", valueName: "file"),
        completion: .file())
    var properties: String?

    /// Where things are on the host, with the file that was chosen, in the environment or here.
    var paths: Paths {
        var paths = Paths.ofEnvironment()
        if let properties {
            paths.chosenProperties = properties
            paths.trustsChosenProperties = true
        }
        return paths
    }

    /// Reads the policy of the file that was chosen, or of the host.
    func report() -> PolicyReport { PolicyLoader.load(paths) }
}

/// Which libvirt a command speaks to.
struct ConnectionOptions: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("The libvirt URI to connect to, as in virsh.", valueName: "uri"))
    var connect: String?

    /// For how many seconds a daemon may keep us waiting; while it starts its guests, it does.
    private static let patience = 30

    /// Connects to libvirt, or explains why that cannot be done.
    func connection(readOnly: Bool) throws -> Connection {
        do throws(LibvirtError) {
            return try open(readOnly: readOnly)
        } catch {
            throw explained(error)
        }
    }

    /// Connects so that all can be asked, or else so that definitions can be read.
    func readingConnection() throws -> Connection {
        do throws(LibvirtError) {
            return try open(readOnly: false)
        } catch {
            // One that does not answer will not do so now, either.
            if error.code == .operationTimeout { throw explained(error) }
            return try connection(readOnly: true)
        }
    }

    private func open(readOnly: Bool) throws(LibvirtError) -> Connection {
        try Connection.open(to: connect, readOnly: readOnly, patience: Self.patience)
    }

    /// Prints what is wrong and what to do about it.
    private func explained(_ error: LibvirtError) -> ExitCode {
        // A daemon that runs and does not answer need not be started.
        let fix =
            error.code == .operationTimeout
            ? "look at its process with ps -o pid,stat,args -C libvirtd,virtqemud: T needs kill -CONT"
            : "start libvirtd or virtqemud, or name another URI with --connect"
        StandardError.print(
            "cannot connect to libvirt\(connect.map { " at \(quoted($0))" } ?? ""): \(error); \(fix)"
        )
        return .noConnection
    }
}

extension Connection {
    /// Connects to a daemon, and gives up where it does not answer.
    ///
    /// libvirt itself would wait for as long as a daemon takes, for ever if it hangs.
    ///
    /// - Parameter patience: For how many seconds it waits.
    static func open(
        to uri: String?, readOnly: Bool, patience: Int
    ) throws(LibvirtError) -> Connection {
        try answer(within: patience) { () throws(LibvirtError) in
            try Connection(to: uri, readOnly: readOnly)
        }
    }

    /// Asks libvirt something, and gives up where it does not answer.
    ///
    /// - Parameter patience: For how many seconds it waits.
    static func answer<Answer: Sendable>(
        within patience: Int, _ question: @escaping @Sendable () throws(LibvirtError) -> Answer
    ) throws(LibvirtError) -> Answer {
        let answer = TimedCall.run(timeout: patience) {
            Result { () throws(LibvirtError) in try question() }
        }
        guard let answer else {
            throw LibvirtError(
                code: .operationTimeout, message: "no answer within \(patience) seconds")
        }
        return try answer.get()
    }
}

/// Which guests a command that acts on guests that run is about, and where they are.
struct GuestOptions: ParsableArguments {
    @OptionGroup var daemon: ConnectionOptions

    @Flag(help: "All guests that run.")
    var all = false

    @Argument(
        help: ArgumentHelp("Guests by name, UUID or number.", valueName: "guest"),
        completion: .guests)
    var guests: [String] = []

    func validate() throws {
        if all, !guests.isEmpty {
            throw ValidationError("Name guests or say --all, not both.")
        }
    }

    /// Finds the guests: those that were named, else all that run.
    func find(on connection: Connection) throws -> [Result<Guest, GuestProblem>] {
        guests.isEmpty ? try connection.list(.running) : connection.find(guests)
    }
}

extension Connection {
    /// For how many seconds libvirt may look for guests.
    private static let patience = 10

    /// Lists guests, or explains why that cannot be done.
    func list(_ selection: Selection) throws -> [Result<Guest, GuestProblem>] {
        do throws(LibvirtError) {
            let guests = try Connection.answer(within: Self.patience) {
                () throws(LibvirtError) in try self.guests(selection)
            }
            return guests.map { .success($0) }
        } catch {
            let cause =
                error.code == .operationTimeout
                ? "; a guest's hook may be hanging, which keeps libvirt from listing: name guests"
                    + " instead" : ""
            StandardError.print("cannot list the guests: \(error)\(cause)")
            throw ExitCode.noConnection
        }
    }

    /// Finds guests; one that is not there is an error in its place.
    func find(_ names: [String]) -> [Result<Guest, GuestProblem>] {
        names.map { name in
            do throws(LibvirtError) {
                return .success(
                    try Connection.answer(within: Self.patience) { () throws(LibvirtError) in
                        try self.guest(named: name)
                    })
            } catch {
                return .failure(GuestProblem(guest: name, message: error.message))
            }
        }
    }
}

/// What keeps a command from treating a guest.
struct GuestProblem: Error {
    var guest: String
    var message: String
    /// Whether the guest is not there any more.
    var isGone = false
}
