import Glibc
import Host
import System
import WatchdogPolicy

/// After how many seconds the hook leaves, whatever it waits for.
let patience: UInt32 = 2

// Without optimization, the compiler has a table of operations made at run time.
#if !DEBUG
    /// How many arguments there are, and the arguments, as the C library has them.
    ///
    /// Swift's `CommandLine` looks for them in `/proc/self/maps`, which takes time and a descriptor.
    nonisolated(unsafe) private var count: CInt = 0
    nonisolated(unsafe) private var words: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = nil

    /// Leaves where there is nothing to do, or a service does it. Otherwise sees to it that the hook leaves with 0 whatever
    /// happens, before the runtimes of Swift and C++ set themselves up.
    ///
    /// libvirt calls the hook five times in a guest's life, and three times there is nothing to do.
    /// Setting up takes longer than all else then: without this, such a call takes 1.09 times as long
    /// as an empty C process, and with it 0.8. And where memory is short, it is the setting up that
    /// fails first. The linker puts the functions of this section where the C library calls them first
    /// of all; they must not use anything of Swift's runtime.
    @used
    @section(".preinit_array")
    private let firstThings:
        @convention(c) (
            CInt, UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>,
            UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
        ) -> Void = { argc, argv, _ in
            guard argc > 3, let name = argv[2], let phase = argv[3] else {
                guard argc == 2, let option = argv[1], strcmp(option, "--version") == 0 else {
                    _exit(0)
                }
                (count, words) = (argc, argv)
                return
            }
            switch HookOperation.beginning(name, phase) {
            case .leaves: _exit(0)
            case .reads: break
            case .asksService:
                // The guards take longer to set up than the question.
                SignalGuard.blockSignals()
                if ServiceLock.holder(for: getppid()) == .followsDaemon { _exit(0) }
            }
            (count, words) = (argc, argv)
            SignalGuard.install(leavingAfter: patience)
        }
#else
    private var count: CInt { CommandLine.argc }
    private var words: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? {
        CommandLine.unsafeArgv
    }
#endif

/// An argument by its number, or nothing where there are not so many.
func argument(_ index: Int) -> String? {
    guard index < count, let word = words?[index] else { return nil }
    return String(cString: word)
}
