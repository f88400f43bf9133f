/// One row of the hook's table: what an operation reads, prints, starts and may refuse.
///
/// libvirt calls the hook as described on [its page](https://libvirt.org/hooks.html). It looks at
/// what the hook prints for `migrate` and `restore` only, and there accepts a changed action but no
/// device added or removed. A failure at `started` or `reconnect` kills a guest that runs.
public struct HookOperation: Sendable {
    /// What goes to standard output.
    public enum Output: Sendable, Hashable {
        /// Nothing.
        case nothing
        /// The patched definition if the plan changes it, else nothing.
        case patchedDefinition
        /// The definition with another action if the plan changes it, else nothing.
        case changedAction
    }

    /// What a protector is called for, where the plan has something for it to do.
    public enum ProtectorTask: Sendable, Hashable {
        /// None is called.
        case none
        /// To be there by the time that the guest runs: to start a protector takes longer than all
        /// that it does.
        case standBy
        /// To bring the guest to the policy.
        case protect
    }

    private let staticName: StaticString
    private let staticPhase: StaticString
    /// Whether the definition is read from standard input; if not, the hook leaves at once.
    public var readsDefinition: Bool
    /// What goes to standard output.
    public var output: Output
    /// What a protector is called for, where the plan has something for it to do.
    public var protector: ProtectorTask
    /// Whether the guest has been running already; if not, records in its metadata are of another run.
    public var findsGuestRunning: Bool
    /// Whether the hook may exit with 1, under `vm.watchdog.enforce=true`.
    public var mayRefuse: Bool

    private init(
        _ name: StaticString, _ phase: StaticString, reads: Bool = true,
        prints output: Output = .nothing,
        protector: ProtectorTask = .none, findsGuestRunning: Bool = false, mayRefuse: Bool = false
    ) {
        staticName = name
        staticPhase = phase
        readsDefinition = reads
        self.output = output
        self.protector = protector
        self.findsGuestRunning = findsGuestRunning
        self.mayRefuse = mayRefuse
    }

    /// The operation, the second argument.
    public var name: String { staticName.description }

    /// The sub-operation, the third argument.
    public var phase: String { staticPhase.description }

    /// Every operation that libvirt documents. One that is missing here is met with silence and 0.
    ///
    /// The table and its rows are such that they need no memory and no type made at run time: most
    /// calls of the hook do nothing but look here and leave.
    public static let table: [9 of HookOperation] = [
        HookOperation(
            "prepare", "begin", prints: .patchedDefinition, protector: .standBy, mayRefuse: true),
        HookOperation("start", "begin", reads: false),
        HookOperation("started", "begin", protector: .protect),
        HookOperation("stopped", "end", reads: false),
        HookOperation("release", "end", reads: false),
        HookOperation("migrate", "begin", prints: .changedAction),
        HookOperation("restore", "begin", prints: .changedAction),
        HookOperation("reconnect", "begin", protector: .protect, findsGuestRunning: true),
        HookOperation("attach", "begin", reads: false),
    ]

    /// Tells whether an operation reads the definition, without any part of Swift's runtime: no
    /// string is made and no memory taken, so that it may be asked before the runtime is set up.
    ///
    /// - Parameters:
    ///   - name: The hook's second argument, a C string.
    ///   - phase: The hook's third argument, a C string.
    public static func readsDefinition(
        _ name: UnsafePointer<CChar>, _ phase: UnsafePointer<CChar>
    ) -> Bool {
        for index in table.indices {
            let row = table[index]
            if unsafe row.staticName.isEqual(to: name) && row.staticPhase.isEqual(to: phase) {
                return row.readsDefinition
            }
        }
        return false
    }

    /// Finds the row of an operation; nothing for one that libvirt does not document.
    ///
    /// - Parameters:
    ///   - name: The hook's second argument.
    ///   - phase: The hook's third argument.
    public init?(_ name: String, _ phase: String) {
        for index in Self.table.indices {
            let row = Self.table[index]
            if row.name == name, row.phase == phase {
                self = row
                return
            }
        }
        return nil
    }
}

extension StaticString {
    /// Whether a C string has the same bytes.
    fileprivate func isEqual(to text: UnsafePointer<CChar>) -> Bool {
        var index = 0
        while index < utf8CodeUnitCount {
            let byte = unsafe UInt8(bitPattern: text[index])
            // A shorter text ends here, at its terminator.
            guard unsafe byte == utf8Start[index] else { return false }
            index += 1
        }
        return unsafe text[index] == 0
    }
}
