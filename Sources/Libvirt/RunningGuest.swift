// SPDX-License-Identifier: Apache-2.0

/// A running guest in a list.
package struct RunningGuest: Sendable, Hashable {
    /// The UUID in libvirt's spelling.
    package var uuid: String
    package var name: String
    /// libvirt's number of this run. The numbers start again when the host boots.
    package var id: Int32

    package init(uuid: String, name: String, id: Int32) {
        self.uuid = uuid
        self.name = name
        self.id = id
    }
}
