internal import CSystemCalls
internal import Glibc

/// A program that outlives its parent and holds nothing of it.
public struct DetachedProcess: Sendable, Hashable {
    /// The program's path.
    public var path: String
    /// Its arguments, without its own name.
    public var arguments: [String]
    /// Its whole environment, `NAME=value` each; nothing is inherited.
    public var environment: [String]

    /// The URI of the daemon that a protector talks to.
    ///
    /// The hook runs as whom libvirt's daemon runs as: root talks to the system's daemon, anybody
    /// else to their own.
    public static var protectorURI: String {
        geteuid() == 0 ? "qemu:///system" : "qemu:///session"
    }

    /// A protector.
    public static func protector(_ call: ProtectorCall) -> DetachedProcess {
        var environment = ["LC_ALL=C", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"]
        for name in ["HOME", "USER", "LOGNAME", Layout.runVariable, Layout.propertiesVariable] {
            if let value = HostSystem.environment(name) { environment.append("\(name)=\(value)") }
        }
        if geteuid() != 0, HostSystem.environment(Layout.runVariable) == nil {
            environment.append("\(Layout.runVariable)=\(Layout.runFolder)")
        }
        return DetachedProcess(
            path: Layout.protector,
            arguments: ["protect", "--connect", protectorURI] + call.arguments,
            environment: environment)
    }

    /// Starts the program in a session of its own, in the folder `/`, with `/dev/null` as its three
    /// standard streams.
    ///
    /// libvirt waits until nobody holds the hook's standard streams, so that a child that kept one
    /// would stop a guest's start. When the parent exits, the child becomes init's.
    ///
    /// The C functions are `fork`, `setsid`, `close_range` and `execve`.
    ///
    /// - Parameter failure: Called in the child if the program cannot be executed.
    public func start(orElse failure: (Errno) -> Void) throws(Errno) {
        let argumentList = CStringList([path] + arguments)
        let environmentList = CStringList(environment)
        guard try retrying({ fork() }) == 0 else { return }

        setsid()
        // What is ignored stays so; what is caught does not, and the protector waits for children.
        for number in [SIGPIPE, SIGCHLD, SIGCONT, SIGURG, SIGWINCH] { signal(number, SIG_DFL) }
        let null = open("/dev/null", O_RDWR)
        for stream in STDIN_FILENO...STDERR_FILENO {
            // Without /dev/null, a closed stream still lets libvirt go on.
            if null < 0 || dup2(null, stream) < 0 { close(stream) }
        }
        // libvirt hands the hook no others; whoever else runs it may.
        closeFrom(STDERR_FILENO + 1)
        chdir("/")
        withExtendedLifetime((argumentList, environmentList)) {
            _ = execve(path, argumentList.pointers, environmentList.pointers)
        }
        failure(.current)
        _exit(0)
    }

    /// Starts the program likewise, for a parent that leaves next and whom a failure does not matter.
    ///
    /// That costs the parent nothing to speak of, where ``start(orElse:)`` took half as long as all else
    /// that the hook does. May be called once in a process. The C functions are `clone` with `CLONE_VM`,
    /// `setsid`, `close_range` and `execve`.
    public func startAside() {
        _ = virt_watchdog_start_aside(
            CStringList([path] + arguments).leaked(), CStringList(environment).leaked())
    }
}
