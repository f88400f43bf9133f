// SPDX-License-Identifier: Apache-2.0

/// The unknown keys of a properties file that a report warns of.
///
/// Known keys in other letters, and unknown keys with our prefix, always give a warning.
package enum ForeignKeys: Sendable, Hashable {
    /// No others. The hook has no time to search for them.
    case ignored
    /// Keys that resemble ours. The file may belong to another program, such as CloudStack's agent.
    case similar
    /// All keys. Only virt-watchdog reads the file.
    case all

    /// Returns the warnings about a file, in its order.
    ///
    /// They quote no value. They quote a key only if it resembles ours, or if the file is ours.
    func problems(in bytes: [UInt8]) -> [PolicyReport.Problem] {
        guard self != .ignored else { return [] }
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
        // The report itself warns of these keys.
        if key.mayBeOurs { return false }
        let key = ForeignKey(key)
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

    init(_ entry: Properties.Entry) {
        // Joined lines may be two entries.
        let isJoined = entry.keyPosition.line != entry.valuePosition.line
        self.init(entry.key, isShown: !isJoined)
    }

    init(_ key: Properties.Text) {
        self.init(key, isShown: false)
    }

    private init(_ key: Properties.Text, isShown: Bool) {
        let isPlain = key.count <= Self.maximumLength && key.isPrintable
        let text = isPlain ? String(decoding: key, as: UTF16.self) : ""
        normal = text.lowercased().dotted
        shown = isShown && isPlain ? withoutGluedEntry(text) : nil
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
        let parts = normal.split(separator: ".", omittingEmptySubsequences: true).map(String.init)
        guard let first = parts.first else { return nil }
        let settings = PolicyKey.allCases.map(\.setting.dotted)
        if isInSection, let index = settings.firstIndex(of: parts.joined(separator: ".")) {
            return PolicyKey.allCases[index]
        }
        let hasPrefix = ["vm", "virt"].contains { editDistance(first, $0) <= 1 }
        let rest = parts.dropFirst(hasPrefix ? 1 : 0)
        guard let name = rest.first else { return nil }
        let setting = rest.dropFirst().joined(separator: ".")
        let nearest = nearestSpelling(to: setting, among: settings)
        let isNear = editDistance(setting, nearest) <= 2
        guard
            name.hasPrefix("watchdog")
                || editDistance(name, "watchdog") <= 2 && (hasPrefix || isNear),
            let index = settings.firstIndex(of: nearest)
        else { return nil }
        return PolicyKey.allCases[index]
    }
}

extension PolicyKey {
    /// The key without the prefix of our keys.
    fileprivate var setting: String { String(rawValue.dropFirst(Self.prefix.count)) }
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
