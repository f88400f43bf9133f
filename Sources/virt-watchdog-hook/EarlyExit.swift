import Glibc
import WatchdogPolicy

#if compiler(>=6.3)
    /// Leaves, where there is nothing to read, before the runtimes of Swift and C++ set themselves up.
    ///
    /// libvirt calls the hook five times in a guest's life, and three times there is nothing to do.
    /// Setting up takes longer than all else then: without this, such a call takes 1.09 times as long
    /// as an empty C process, and with it 0.76. The linker puts the functions of this section where
    /// the C library calls them first of all; they must not use anything of Swift's runtime.
    @used
    @section(".preinit_array")
    private let leaveEarly:
        @convention(c) (
            CInt, UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>,
            UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
        ) -> Void = { count, arguments, _ in
            guard count > 3, let name = arguments[2], let phase = arguments[3],
                HookOperation.readsDefinition(name, phase)
            else { _exit(0) }
        }
#endif
