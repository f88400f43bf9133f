internal import Glibc

extension Program {
    /// Runs the program in a process that outlives this one and holds nothing of it.
    ///
    /// libvirt waits until nothing holds the hook's standard streams. A child that kept one would stop a
    /// guest's start. So a child of this process, in a session of its own, in the folder `/`, with
    /// `/dev/null` as its standard streams, runs the program and tells how it ended. When this process
    /// exits, the child becomes init's.
    ///
    /// The C functions are `fork`, `setsid`, `close_range` and those of ``run(within:)``.
    ///
    /// - Parameter tell: Called in the child with how the program ended.
    package func startDetached(
        _ tell: (Result<Outcome, ProgramError>) -> Void
    ) throws(Errno) {
        guard try retrying({ fork() }) == 0 else { return }

        SignalGuard.setExitStatus(0)
        setsid()
        let null = open("/dev/null", O_RDWR)
        for stream in STDIN_FILENO...STDERR_FILENO {
            // Without /dev/null, a closed stream still lets libvirt go on.
            if null < 0 || dup2(null, stream) < 0 { close(stream) }
        }
        // libvirt hands the hook no others; another parent may.
        CurrentProcess.closeDescriptors(from: STDERR_FILENO + 1)
        chdir("/")
        let ending = Result { () throws(ProgramError) in try run(within: nil) }
        // Where the limit leaves no other descriptor, this one serves to tell.
        close(STDIN_FILENO)
        tell(ending)
        _exit(0)
    }
}
