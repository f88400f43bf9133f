// SPDX-License-Identifier: Apache-2.0

package import SystemPackage

extension Stat {
    /// Whether users other than the owner can write to the file.
    ///
    /// An access control list shows as the permissions of the group.
    var isWritableByOthers: Bool {
        !permissions.isDisjoint(with: [.groupWrite, .otherWrite])
    }

    /// Returns how users outside a list can change the file, as clauses without a subject.
    package func exposure(trusting users: [UInt32]) -> [String] {
        var ways: [String] = []
        if !users.contains(userID.rawValue) {
            ways.append("belongs to the user \(userID.rawValue)")
        }
        if permissions.contains(.otherWrite) {
            ways.append("can be written by everybody (mode \(octalMode))")
        } else if permissions.contains(.groupWrite) {
            ways.append("can be written by its group \(groupID.rawValue) (mode \(octalMode))")
        }
        return ways
    }

    /// Returns how users outside a list can put another file into the directory.
    ///
    /// The sticky bit keeps them from replacing the files of others.
    package func folderExposure(trusting users: [UInt32]) -> [String] {
        guard permissions.contains(.saveText) else { return exposure(trusting: users) }
        return users.contains(userID.rawValue) ? [] : ["belongs to the user \(userID.rawValue)"]
    }

    /// The permissions in the form that `chmod` takes.
    package var octalMode: String {
        let digits = String(permissions.rawValue, radix: 8)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}
