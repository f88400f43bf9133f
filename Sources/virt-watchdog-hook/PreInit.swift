// SPDX-License-Identifier: Apache-2.0

import Glibc
import Host
import System
import WatchdogPolicy

// Without optimization, the compiler makes the table of operations at run time.
#if !DEBUG
    /// The C library's `argc` and `argv`.
    ///
    /// Swift's `CommandLine` reads `/proc/self/maps` for them, which takes time and a descriptor.
    nonisolated(unsafe) private var count: CInt = 0
    nonisolated(unsafe) private var words: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = nil

    /// Exits if the hook has nothing to do, or a service does it. Otherwise installs the signal
    /// guard.
    ///
    /// For most calls of the hook, setting up the runtimes of Swift and C++ would take longer than
    /// the work. It would also be the first step to fail without memory. The C library calls the
    /// functions of this section before it sets up any runtime. So they must not use Swift's
    /// runtime.
    @used
    @section(".preinit_array")
    private let preInit:
        @convention(c) (
            CInt, UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>,
            UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
        ) -> Void = { argc, argv, _ in
            guard argc > 3, let name = argv[2], let subOperation = argv[3] else {
                guard argc == 2, let option = argv[1], strcmp(option, "--version") == 0 else {
                    _exit(0)
                }
                (count, words) = (argc, argv)
                return
            }
            switch HookOperation.beginning(name, subOperation) {
            case .leaves: _exit(0)
            case .reads: break
            case .asksService:
                // Installing the signal guard takes longer than this check.
                SignalGuard.blockSignals()
                if ServiceLock.holder(for: getppid()) == .followsDaemon { _exit(0) }
            }
            (count, words) = (argc, argv)
            SignalGuard.install(leavingAfter: PreInit.timeout)
        }
#else
    private var count: CInt { CommandLine.argc }
    private var words: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? {
        CommandLine.unsafeArgv
    }
#endif

/// The part of the hook that runs before the runtimes, and its results.
enum PreInit {
    /// The timeout after which the hook exits, in seconds.
    static var timeout: UInt32 { 2 }

    /// Returns an argument by its number.
    static func argument(_ index: Int) -> String? {
        guard index < count, let word = words?[index] else { return nil }
        return String(cString: word)
    }
}
