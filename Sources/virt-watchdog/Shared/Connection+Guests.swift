// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Libvirt
import System
import WatchdogPolicy

extension Connection {
    /// The time limit for finding guests, in seconds.
    private static let findTimeout = 10

    /// Lists guests, or prints the error and exits.
    func list(_ selection: Selection) throws -> [Result<Guest, GuestProblem>] {
        do throws(LibvirtError) {
            let guests = try Connection.answer(within: Self.findTimeout) {
                () throws(LibvirtError) in try self.guests(selection)
            }
            return guests.map { .success($0) }
        } catch {
            let cause =
                error.code == .operationTimeout
                ? "; a guest's hook may hang, which blocks the list; name guests instead" : ""
            StandardError.print("cannot list the guests: \(error)\(cause)")
            throw ExitCode.noConnection
        }
    }

    /// Finds guests by name. A missing guest is an error in its place.
    ///
    /// If guests are missing, lists all guests once, to find the names that were probably meant.
    ///
    /// - Parameter acceptsIDs: Whether a number may be a guest's ID, as in virsh.
    func find(_ names: [String], acceptsIDs: Bool = true) -> [Result<Guest, GuestProblem>] {
        var known: [String]?
        return names.map { name in
            do throws(LibvirtError) {
                return .success(
                    try Connection.answer(within: Self.findTimeout) { () throws(LibvirtError) in
                        try acceptsIDs
                            ? self.guest(named: name) : self.guest(exactlyNamed: name)
                    })
            } catch {
                guard error.code == .noDomain else {
                    return .failure(GuestProblem(guest: name, message: error.message))
                }
                let others = known ?? namesOfAll()
                known = others
                return .failure(missing(name, among: others))
            }
        }
    }

    /// Returns "No guest runs at URI.", and the way to another daemon that was perhaps meant.
    ///
    /// - Parameter predicate: The verb, such as "runs".
    func noGuestText(_ predicate: String = "runs") -> String {
        let place = uri.map { " at \(printable($0))" } ?? ""
        return "No guest \(predicate)\(place)" + (otherDaemon.map { "; \($0)" } ?? ".")
    }

    private func missing(_ name: String, among others: [String]) -> GuestProblem {
        let place = uri.map { " at \(printable($0))" } ?? ""
        let nearest =
            name.isNumberOrUUID
            ? nil
            : likelySpelling(of: name, among: others).map { "did you mean \(quoted($0))?" }
        let parts = ["no such guest\(place)", nearest, otherDaemon].compactMap { $0 }
        return GuestProblem(
            guest: name, message: parts.joined(separator: "; "), isMissing: true)
    }

    /// Returns the names of all guests, or none if the daemon does not answer in time.
    private func namesOfAll() -> [String] {
        let names = try? Connection.answer(within: Self.findTimeout) { () throws(LibvirtError) in
            try self.guests(.all).map(\.name)
        }
        return names?.sorted() ?? []
    }

    /// The way to the system's guests, for a user who asked no daemon by its URI.
    private var otherDaemon: String? {
        Self.otherDaemon(
            than: uri, isChosen: requestedURI != nil || Environment["LIBVIRT_DEFAULT_URI"] != nil)
    }

    /// Returns the way to the system's guests, if libvirt chose the user's own daemon.
    static func otherDaemon(than uri: String?, isChosen: Bool) -> String? {
        guard !isChosen, uri?.hasSuffix("/session") == true else { return nil }
        return "for the system's: -c \(LibvirtURI.system)"
    }
}

extension String {
    /// Whether the text is the number of a running guest, or a UUID.
    fileprivate var isNumberOrUUID: Bool {
        let digits = filter { $0 != "-" }
        return allSatisfy(\.isWholeNumber)
            || digits.count == 32 && digits.allSatisfy(\.isHexDigit)
    }
}
