// SPDX-License-Identifier: Apache-2.0

internal import Glibc
package import SystemPackage

extension Program {
    /// Runs the program in a process that outlives this one and holds none of its descriptors.
    ///
    /// libvirt waits until no process holds the hook's standard streams. A child that kept one would
    /// block a guest's start. A child of this process therefore runs the program and reports its end. The
    /// child has a session of its own, the working directory `/`, and `/dev/null` as its standard
    /// streams. When this process exits, init adopts the child.
    ///
    /// The C functions are `fork`, `setsid`, `close_range` and those of ``run(within:)``.
    ///
    /// - Parameter tell: Called in the child with how the program ended.
    package func startDetached(
        _ tell: (Result<Outcome, ProgramError>) -> Void
    ) throws(Errno) {
        guard try Errno.retrying({ fork() }) == 0 else { return }

        SignalGuard.setExitStatus(0)
        setsid()
        let null = open("/dev/null", O_RDWR)
        for stream in STDIN_FILENO...STDERR_FILENO {
            // Without /dev/null, a closed stream still lets libvirt continue.
            if null < 0 || dup2(null, stream) < 0 { close(stream) }
        }
        // libvirt passes the hook no others; another parent may.
        CurrentProcess.closeDescriptors(from: STDERR_FILENO + 1)
        chdir("/")
        let ending = Result { () throws(ProgramError) in try run(within: nil) }
        // At the descriptor limit, the report takes the place of this one.
        close(STDIN_FILENO)
        tell(ending)
        _exit(0)
    }
}
