// SPDX-License-Identifier: Apache-2.0

/// A guest's row.
protocol TableRow {
    /// The guest's name, as libvirt has it.
    var name: String { get }
    /// The reason for the result.
    var why: Why { get }
    /// Whether the guest was not read or treated, or its metadata has an error.
    var isError: Bool { get }
    /// Whether libvirt has no such guest.
    var isMissing: Bool { get }
    /// The place in the order of the table: the lowest first.
    var rank: Int { get }
}
