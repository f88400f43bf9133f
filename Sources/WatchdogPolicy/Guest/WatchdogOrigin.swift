/// Who put a watchdog into a definition.
package enum WatchdogOrigin: String, Sendable, Hashable {
    /// We did: it bears our alias.
    case owned
    /// Somebody else chose it.
    case defined
    /// libvirt (9.1 and later) did by itself, as it does on every q35 machine.
    case implicit
    /// The definition's own QEMU arguments do; libvirt does not know it.
    case commandLine = "command-line"
}
