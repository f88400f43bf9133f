// SPDX-License-Identifier: Apache-2.0

import WatchdogPolicy

/// The unknown keys of a properties file to warn of.
///
/// The report itself warns of our keys in other letters, and of unknown keys with our prefix.
/// These warnings are not in the module `WatchdogPolicy`: they would make the hook slower.
enum ForeignKeys {
    /// Keys that resemble ours. The file may belong to another program, such as CloudStack's agent.
    case similar
    /// All keys. Only virt-watchdog reads the file.
    case all

    /// Returns the warnings about a file, in its order.
    ///
    /// They quote no value. They quote a key only if it resembles ours, or if the file is ours.
    func problems(in bytes: [UInt8]) -> [PolicyReport.Problem] {
        // In UTF-16 and UTF-32, all keys are odd. The report has an error.
        if bytes.contains(0) { return [] }
        var isInSection = false
        return Properties(reading: bytes, keeping: isCandidate).entries.compactMap { entry in
            let key = ForeignKey(entry)
            if key.opensSection {
                isInSection = key.isOurSection
                return entry.warning(Message.section)
            }
            guard let meant = key.meant(isInSection: isInSection || self == .all) else {
                return self == .all ? entry.warning(Message.foreign(key.shown)) : nil
            }
            return entry.warning(Message.similar(key.shown, meant))
        }
    }

    /// Returns whether a key may deserve a warning. The others stay out of memory.
    private func isCandidate(_ key: Properties.Text) -> Bool {
        let key = ForeignKey(key)
        if key.isOurs { return false }
        return self == .all || key.opensSection || key.meant(isInSection: true) != nil
    }
}

/// A key that virt-watchdog does not read.
private struct ForeignKey {
    /// The key in lower case, with dots for hyphens and underscores. It is empty for a key with
    /// other characters than visible ASCII.
    private let normal: String
    /// The key as the file has it, or `nil` if a message must not quote it.
    let shown: String?
    /// Whether the key has our prefix in upper or lower case, apart from invisible characters.
    let isOurs: Bool

    init(_ entry: Properties.Entry) {
        // Joined lines may be two entries.
        let isJoined = entry.keyPosition.line != entry.valuePosition.line
        self.init(entry.key, isShown: !isJoined)
    }

    init(_ key: Properties.Text) {
        self.init(key, isShown: false)
    }

    private init(_ key: Properties.Text, isShown: Bool) {
        let visible = key.filter { (0x21...0x7E).contains($0) }
        let text = String(decoding: visible, as: UTF16.self)
        let isPlain = visible.count == key.count && key.count <= Self.maximumLength
        isOurs = text.lowercased().hasPrefix(PolicyKey.prefix)
        normal = isPlain ? text.lowercased().dotted : ""
        // An escaped separator may be the line end that another entry lost.
        shown = isShown && isPlain && !text.contains { "=:".contains($0) } ? text : nil
    }

    private static let maximumLength = 64

    /// Whether the line looks like the start of a section, as in an INI file.
    var opensSection: Bool { normal.hasPrefix("[") }

    /// Whether the section's name resembles our prefix.
    var isOurSection: Bool { normal.contains("watchdog") }

    /// Returns our key that the author probably meant, or `nil` for another program's key.
    ///
    /// - Parameter isInSection: Whether the name of a setting without its prefix resembles ours.
    func meant(isInSection: Bool) -> PolicyKey? {
        let parts = normal.split(separator: ".").map(String.init)
        guard let first = parts.first else { return nil }
        let name = parts.joined(separator: ".")
        if isInSection, let key = PolicyKey.allCases.first(where: { $0.setting.dotted == name }) {
            return key
        }
        let hasPrefix = ["vm", "virt"].contains { editDistance(first, $0) <= 1 }
        let rest = parts.dropFirst(hasPrefix ? 1 : 0)
        guard let name = rest.first else { return nil }
        let (nearest, edits) = PolicyKey.nearest(to: rest.dropFirst().joined(separator: "."))
        let isSimilar =
            name.hasPrefix("watchdog")
            || editDistance(name, "watchdog") <= 2 && (hasPrefix || edits <= 2)
        return isSimilar ? nearest : nil
    }
}

extension PolicyKey {
    /// The key without the prefix of our keys.
    fileprivate var setting: String { String(rawValue.dropFirst(Self.prefix.count)) }

    /// Returns the first key with the fewest edits to a setting, and their number.
    fileprivate static func nearest(to setting: String) -> (key: PolicyKey, edits: Int) {
        var nearest = (key: PolicyKey.model, edits: Int.max)
        for key in allCases {
            let edits = editDistance(setting, key.setting.dotted)
            if edits < nearest.edits { nearest = (key, edits) }
        }
        return nearest
    }
}

extension String {
    /// The text with dots for hyphens and underscores.
    fileprivate var dotted: String { String(map { "-_".contains($0) ? "." : $0 }) }
}

extension Properties.Entry {
    fileprivate func warning(_ message: String) -> PolicyReport.Problem {
        PolicyReport.Problem(position: keyPosition, severity: .warning, message: message)
    }
}

private enum Message {
    static let section =
        "a line in [brackets] starts no section: Java reads it as a key; remove it,"
        + " and write each key in full, such as \(PolicyKey.model.rawValue)"

    static func similar(_ key: String?, _ meant: PolicyKey) -> String {
        "unknown key\(key.map { " \(quoted($0))" } ?? ""); did you mean '\(meant.rawValue)'?"
    }

    static func foreign(_ key: String?) -> String {
        "unknown key\(key.map { " \(quoted($0))" } ?? ""): virt-watchdog ignores it, and no other"
            + " program reads this file; remove it"
    }
}
