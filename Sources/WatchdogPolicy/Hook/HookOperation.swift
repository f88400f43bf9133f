// SPDX-License-Identifier: Apache-2.0

/// A row of the hook's table, with the input, output and effects of an operation.
///
/// libvirt calls the hook as described on [its page](https://libvirt.org/hooks.html). It reads the
/// hook's output only at `migrate` and `restore`, and accepts another action there but no other
/// devices. If the hook fails at `started` or `reconnect`, libvirt kills the running guest.
package struct HookOperation: Sendable {
    /// The kind of standard output.
    package enum Output: Sendable, Hashable {
        case nothing
        /// The patched domain XML if the plan changes it.
        case patchedDefinition
        /// The domain XML with another action if the plan changes it.
        case changedAction
    }

    private let staticName: StaticString
    private let staticSubOperation: StaticString
    /// Whether the hook reads the domain XML from standard input. If not, it exits at once.
    package var readsDefinition: Bool
    package var output: Output
    /// Whether the service, or else a one-shot, treats the running guest.
    package var needsTreatment: Bool
    /// Whether the hook may exit with 1 under `vm.watchdog.enforce=true`.
    package var mayRefuse: Bool

    private init(
        _ name: StaticString, _ subOperation: StaticString, reads: Bool = true,
        prints output: Output = .nothing, needsTreatment: Bool = false, mayRefuse: Bool = false
    ) {
        staticName = name
        staticSubOperation = subOperation
        readsDefinition = reads
        self.output = output
        self.needsTreatment = needsTreatment
        self.mayRefuse = mayRefuse
    }

    /// The operation, the second argument.
    package var name: String { staticName.description }

    /// The sub-operation, the third argument.
    package var subOperation: String { staticSubOperation.description }

    /// Every operation that libvirt documents. For any other, the hook prints nothing and exits 0.
    ///
    /// The compiler makes the table a constant, without memory or types from the runtime. Most
    /// calls of the hook only look here and exit.
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

    /// The first step of the hook, before Swift's runtime is set up.
    package enum Beginning: Sendable {
        /// The hook exits: the operation reads nothing, or libvirt does not document it.
        case leaves
        /// The hook reads the domain XML.
        case reads
        /// The hook reads the domain XML unless a service treats the guest.
        case asksService
    }

    /// Returns the first step of the hook, without Swift's runtime: it makes no string and
    /// allocates no memory.
    ///
    /// - Parameters:
    ///   - name: The hook's second argument, a C string.
    ///   - subOperation: The hook's third argument, a C string.
    package static func beginning(
        _ name: UnsafePointer<CChar>, _ subOperation: UnsafePointer<CChar>
    ) -> Beginning {
        for index in table.indices {
            let row = table[index]
            if unsafe row.staticName.isEqual(to: name)
                && row.staticSubOperation.isEqual(to: subOperation)
            {
                return row.needsTreatment ? .asksService : row.readsDefinition ? .reads : .leaves
            }
        }
        return .leaves
    }

    /// Finds the row of an operation, or returns `nil` for an operation that libvirt does not
    /// document.
    ///
    /// - Parameters:
    ///   - name: The hook's second argument.
    ///   - subOperation: The hook's third argument.
    package init?(_ name: String, _ subOperation: String) {
        for index in Self.table.indices {
            let row = Self.table[index]
            if row.name == name, row.subOperation == subOperation {
                self = row
                return
            }
        }
        return nil
    }
}

extension StaticString {
    /// Returns whether a C string has the same bytes.
    fileprivate func isEqual(to text: UnsafePointer<CChar>) -> Bool {
        var index = 0
        while index < utf8CodeUnitCount {
            let byte = unsafe UInt8(bitPattern: text[index])
            // The terminator of a shorter text differs here.
            guard unsafe byte == utf8Start[index] else { return false }
            index += 1
        }
        return unsafe text[index] == 0
    }
}
