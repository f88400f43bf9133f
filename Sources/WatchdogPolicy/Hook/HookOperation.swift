/// One row of the hook's table: what an operation reads, prints, starts and may refuse.
///
/// libvirt calls the hook as described on [its page](https://libvirt.org/hooks.html). It looks at
/// what the hook prints for `migrate` and `restore` only, and there accepts a changed action but no
/// device added or removed. A failure at `started` or `reconnect` kills a guest that runs.
package struct HookOperation: Sendable {
    /// What goes to standard output.
    package enum Output: Sendable, Hashable {
        /// Nothing.
        case nothing
        /// The patched definition if the plan changes it, else nothing.
        case patchedDefinition
        /// The definition with another action if the plan changes it, else nothing.
        case changedAction
    }

    private let staticName: StaticString
    private let staticPhase: StaticString
    /// Whether the definition is read from standard input; if not, the hook leaves at once.
    package var readsDefinition: Bool
    /// What goes to standard output.
    package var output: Output
    /// Whether the guest runs and has to be brought to the policy: by the service, or else by a one-shot.
    package var needsTreatment: Bool
    /// Whether the hook may exit with 1, under `vm.watchdog.enforce=true`.
    package var mayRefuse: Bool

    private init(
        _ name: StaticString, _ phase: StaticString, reads: Bool = true,
        prints output: Output = .nothing, needsTreatment: Bool = false, mayRefuse: Bool = false
    ) {
        staticName = name
        staticPhase = phase
        readsDefinition = reads
        self.output = output
        self.needsTreatment = needsTreatment
        self.mayRefuse = mayRefuse
    }

    /// The operation, the second argument.
    package var name: String { staticName.description }

    /// The sub-operation, the third argument.
    package var phase: String { staticPhase.description }

    /// Every operation that libvirt documents. One that is missing here is met with silence and 0.
    ///
    /// The table and its rows are such that they need no memory and no type made at run time: most
    /// calls of the hook do nothing but look here and leave.
    package static let table: [9 of HookOperation] = [
        HookOperation("prepare", "begin", prints: .patchedDefinition, mayRefuse: true),
        HookOperation("start", "begin", reads: false),
        HookOperation("started", "begin", needsTreatment: true),
        HookOperation("stopped", "end", reads: false),
        HookOperation("release", "end", reads: false),
        HookOperation("migrate", "begin", prints: .changedAction),
        HookOperation("restore", "begin", prints: .changedAction),
        HookOperation("reconnect", "begin", needsTreatment: true),
        HookOperation("attach", "begin", reads: false),
    ]

    /// How the hook begins, told before Swift's runtime is set up.
    package enum Beginning: Sendable {
        /// The operation reads nothing, or libvirt does not document it: the hook leaves.
        case leaves
        /// The operation reads the definition.
        case reads
        /// The same, unless a service takes care of the guest.
        case asksService
    }

    /// Tells how the hook begins, without any part of Swift's runtime: no string is made and no memory
    /// taken.
    ///
    /// - Parameters:
    ///   - name: The hook's second argument, a C string.
    ///   - phase: The hook's third argument, a C string.
    package static func beginning(
        _ name: UnsafePointer<CChar>, _ phase: UnsafePointer<CChar>
    ) -> Beginning {
        for index in table.indices {
            let row = table[index]
            if unsafe row.staticName.isEqual(to: name) && row.staticPhase.isEqual(to: phase) {
                return row.needsTreatment ? .asksService : row.readsDefinition ? .reads : .leaves
            }
        }
        return .leaves
    }

    /// Finds the row of an operation; nothing for one that libvirt does not document.
    ///
    /// - Parameters:
    ///   - name: The hook's second argument.
    ///   - phase: The hook's third argument.
    package init?(_ name: String, _ phase: String) {
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
