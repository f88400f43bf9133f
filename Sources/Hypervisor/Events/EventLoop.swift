internal import CLibvirt

/// libvirt's event loop, run by whoever waits for something.
///
/// It has to be there before the connection is opened whose events are waited for.
public final class EventLoop {
    /// How often whoever waits can look around, in milliseconds.
    private static let interval: CInt = 20

    private let timer: CInt

    /// Registers the loop; the C functions are `virEventRegisterDefaultImpl` and
    /// `virEventAddTimeout`.
    public init() throws(LibvirtError) {
        if virEventRegisterDefaultImpl() < 0 { throw .last() }
        // Without it a turn would last until something comes in.
        timer = virEventAddTimeout(Self.interval, { _, _ in }, nil, nil)
        if timer < 0 { throw .last() }
    }

    deinit {
        virEventRemoveTimeout(timer)
    }

    /// Handles what came in, or waits for it for some milliseconds.
    ///
    /// The C function is `virEventRunDefaultImpl`.
    public func turn() throws(LibvirtError) {
        if virEventRunDefaultImpl() < 0 { throw .last() }
    }
}
