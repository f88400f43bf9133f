// SPDX-License-Identifier: Apache-2.0

/// A policy with the settings and problems of its file.
package struct PolicyReport: Sendable, Hashable {
    /// A setting of the policy and its source.
    package struct Setting: Sendable, Hashable {
        package var key: PolicyKey
        /// The effective value, as Java reads it.
        package var value: String
        /// The value with its bytes read as UTF-8, or `nil` if that is the same. Patterns match in
        /// both readings.
        package var utf8Value: String?
        /// The place in the file, or `nil` for a built-in value.
        package var position: SourcePosition?
    }

    /// A problem in the file.
    package struct Problem: Sendable, Hashable {
        package enum Severity: String, Sendable, Hashable {
            /// virt-watchdog follows the file.
            case warning
            /// virt-watchdog changes no guest until the operator fixes the file.
            case error
        }

        /// The place, or `nil` for the whole file.
        package var position: SourcePosition?
        package var severity: Severity
        /// The problem as `fact: cause; fix`.
        package var message: String

        package init(position: SourcePosition?, severity: Severity, message: String) {
            self.position = position
            self.severity = severity
            self.message = message
        }
    }

    /// A key that starts with `vm.watchdog.`, with the value that Java reads.
    ///
    /// It leaves out all that may be another entry's value: see ``init(reading:from:)``.
    package struct RawEntry: Sendable, Hashable {
        package var key: String
        /// The value with the blanks at its end. Of duplicates, Java takes the last one.
        package var value: String
    }

    /// The path of the file, or `nil` without a file.
    package var file: String?
    /// The effective policy.
    package var policy: Policy
    /// Whether this user may not read the file. Then the policy in force is unknown.
    package private(set) var isClosed = false
    /// Our entries as Java reads them.
    package var raw: [RawEntry]
    /// The problems, in the order of the file.
    package var problems: [Problem]

    /// The place of a setting in the file.
    private struct Place: Sendable, Hashable {
        var key: PolicyKey
        var position: SourcePosition
    }

    /// The places of the settings. An array: making a dictionary is slow in the hook.
    private var places: [Place] = []

    /// All settings, in the order of the manual.
    package var settings: [Setting] {
        PolicyKey.allCases.map {
            Setting(
                key: $0, value: $0.value(in: policy), utf8Value: $0.utf8Value(in: policy),
                position: position(of: $0))
        }
    }

    private func position(of key: PolicyKey) -> SourcePosition? {
        places.last { $0.key == key }?.position
    }

    package var hasErrors: Bool { problems.contains { $0.severity == .error } }

    /// Whether the file was not read.
    package private(set) var isUnreadable = false

    /// The warnings about the whole file, which the log adds to a plan.
    package var remarks: [String] {
        problems.filter { $0.position == nil && $0.severity == .warning }
            .map { "\(file ?? ""): \($0.message)" }
    }

    /// The report of a host without a file.
    package static let builtIn = PolicyReport(file: nil, policy: .builtIn, raw: [], problems: [])

    private init(file: String?, policy: Policy, raw: [RawEntry], problems: [Problem]) {
        self.file = file
        self.policy = policy
        self.raw = raw
        self.problems = problems
    }

    /// Reports an unreadable file, with which virt-watchdog changes no guest.
    ///
    /// - Parameters:
    ///   - file: The file's path.
    ///   - message: The reason, with a fix.
    ///   - isClosed: Whether another user may read it.
    package init(unreadable file: String, because message: String, isClosed: Bool = false) {
        self = .builtIn
        self.isClosed = isClosed
        self.file = file
        isUnreadable = true
        problems = [Problem(position: nil, severity: .error, message: message)]
        policy.fault = "\(file): \(message)"
    }

    /// Reads the policy from the text of a properties file.
    ///
    /// A lost line end or a backslash may join another entry to our own. The report never holds the
    /// other's value, which may be a passphrase.
    ///
    /// - Parameters:
    ///   - bytes: The whole file.
    ///   - file: The path, for messages.
    package init(reading bytes: [UInt8], from file: String) {
        self = .builtIn
        self.file = file

        let prefix = Array(PolicyKey.prefix.utf16)
        let properties = Properties(reading: bytes) { $0.mayBeOurs(prefix: prefix) }
        let fault = EncodingFault(of: bytes, hiding: PolicyKey.prefix)
        if let fault {
            if fault.hidesKeys {
                fail(fault.position, fault.message)
            } else {
                warn(fault.position, fault.message)
            }
        }
        for position in properties.defects {
            problems.append(
                Problem(position: position, severity: .error, message: Message.malformedEscape))
        }
        if bytes.allSatisfy({ $0.isASCIIBlank }) {
            problems.append(
                Problem(position: nil, severity: .warning, message: Message.emptyFile))
        }

        let isRepeated = properties.repetitions
        for (index, entry) in properties.entries.enumerated() {
            let key = entry.key.string
            let isLast = !isRepeated[index]
            if entry.key.starts(with: prefix) {
                if !isLast {
                    warn(entry.keyPosition, Message.duplicate(key))
                    continue
                }
                let value = entry.value.string
                raw.append(
                    RawEntry(
                        key: withoutGluedEntry(key),
                        value: entry.isGluedInKey ? "…" : withoutGluedEntry(value)))
            }
            guard let known = PolicyKey(rawValue: key) else {
                readUnknown(entry, isExplained: fault?.hidesKeys == true)
                continue
            }
            if read(entry, as: known) {
                places.append(Place(key: known, position: entry.valuePosition))
                // No other entry is joined to a valid list of patterns, so all of it may be shown.
                if known.takesPatterns { raw[raw.count - 1].value = entry.value.string }
            }
        }
        problems.sort { ($0.position?.order ?? (0, 0)) < ($1.position?.order ?? (0, 0)) }
    }

    /// Reports an entry with an unknown key that looks like ours.
    ///
    /// - Parameter isExplained: Whether a reported fault of the encoding explains odd characters in
    ///   keys.
    private mutating func readUnknown(_ entry: Properties.Entry, isExplained: Bool) {
        let key = entry.key.string
        guard !entry.key.isPrintable else {
            warn(entry.keyPosition, Message.unknownKey(key))
            return
        }
        let meant = PolicyKey(rawValue: entry.key.printable.string)
        if meant == nil, entry.key.starts(with: PolicyKey.prefix.utf16), !entry.key.contains(0) {
            warn(entry.keyPosition, Message.unknownKey(key))
        } else if !isExplained {
            fail(entry.keyPosition, Message.disguisedKey(meant))
        }
    }

    /// Sets one entry's value in the policy.
    ///
    /// - Returns: Whether the value is effective.
    private mutating func read(_ entry: Properties.Entry, as key: PolicyKey) -> Bool {
        let parts = key.takesPatterns ? entry.parts : nil
        // The last byte of a UTF-8 letter may look like a blank.
        let text = parts?.map(\.asWritten).joined(separator: ",") ?? entry.value.string
        let value = text.trimmingBlanks()
        if value.isEmpty {
            warn(entry.valuePosition, Message.blank(key, default: key.value(in: .builtIn)))
            return false
        }
        if value.endIndex != text.endIndex || value.startIndex != text.startIndex {
            warn(entry.valuePosition, Message.surroundingBlanks(key))
        }
        if entry.isMalformed {
            fail(entry.valuePosition, Message.uncertainValue(key))
            return false
        }
        if let invalid = key.set(String(value), parts: parts, in: &policy) {
            let shown = entry.valueOnFirstLine.string
            fail(
                entry.valuePosition,
                Message.badValue(
                    key, invalid, shown: withoutGluedEntry(String(shown.trimmingBlanks())),
                    isContinued: entry.valueOnFirstLine != entry.value))
            return false
        }
        return true
    }

    private mutating func fail(_ position: SourcePosition, _ message: String) {
        let problem = Problem(position: position, severity: .error, message: message)
        problems.append(problem)
        if policy.fault == nil { policy.fault = problem.line(in: file ?? "") }
    }

    private mutating func warn(_ position: SourcePosition, _ message: String) {
        problems.append(Problem(position: position, severity: .warning, message: message))
    }
}

extension PolicyReport.Problem {
    /// Returns the problem in a compiler's form: `file:line:column: severity: message`.
    package func line(in file: String) -> String {
        let place = position.map { ":\($0.line):\($0.column)" } ?? ""
        return "\(file)\(place): \(severity.rawValue): \(message)"
    }
}

extension SourcePosition {
    fileprivate var order: (Int, Int) { (line, column) }
}

extension Properties {
    /// For each entry, whether a later entry has the same key.
    fileprivate var repetitions: [Bool] {
        let order = entries.indices.sorted { one, other in
            let (key, otherKey) = (entries[one].key, entries[other].key)
            return key == otherKey ? one < other : key.lexicographicallyPrecedes(otherKey)
        }
        var result = Array(repeating: false, count: entries.count)
        for (index, next) in zip(order, order.dropFirst()) {
            result[index] = entries[index].key == entries[next].key
        }
        return result
    }
}

extension Properties.Text {
    /// The text as a string. ASCII, the common case, needs no UTF-16 decoder.
    fileprivate var string: String {
        guard allSatisfy({ $0 < 0x80 }) else { return String(decoding: self, as: UTF16.self) }
        return String(decoding: map { UInt8($0) }, as: UTF8.self)
    }

    /// Whether all characters are visible ASCII.
    fileprivate var isPrintable: Bool { allSatisfy { (0x21...0x7E).contains($0) } }

    /// The visible ASCII characters of the text.
    fileprivate var printable: Self { filter { (0x21...0x7E).contains($0) } }

    /// Returns whether the key starts with our prefix, in upper or lower case, apart from invisible characters.
    fileprivate func mayBeOurs(prefix: [UInt16]) -> Bool {
        let key = isPrintable ? self : printable
        return key.count >= prefix.count
            && zip(key, prefix).allSatisfy { unit, expected in
                unit == expected || (0x41...0x5A).contains(unit) && unit | 0x20 == expected
            }
    }
}

extension Properties.Entry {
    /// Whether the key seems to be two joined keys, and the value that of the second one.
    ///
    /// Such a key starts with a valid key, or continues on another line, or has one more part.
    fileprivate var isGluedInKey: Bool {
        guard !knownKeys.contains(key) else { return false }
        let name = key.dropFirst(PolicyKey.prefix.utf16.count)
        return keyPosition.line != valuePosition.line || name.contains(UInt16(UInt8(ascii: ".")))
            || knownKeys.contains { key.starts(with: $0) }
    }
}

private let knownKeys: [Properties.Text] = PolicyKey.allCases.map { Array($0.rawValue.utf16) }

extension UInt8 {
    fileprivate var isASCIIBlank: Bool { self == 0x20 || (0x09...0x0D).contains(self) }
}

private enum Message {
    static let untilThen = "; virt-watchdog changes no guest until you fix it"
    static let malformedEscape =
        "malformed \\uXXXX escape: Java refuses the whole file;"
        + " write four hexadecimal digits after \\u, or \\\\u for a backslash and a u"
    static let emptyFile = "the file is empty; the built-in policy is effective"

    static func duplicate(_ key: String) -> String {
        "\(escaped(withoutGluedEntry(key), quote: "'")) is set again further down; the last one is effective"
    }

    static func disguisedKey(_ key: PolicyKey?) -> String {
        "a key looks like \(key?.rawValue ?? "one of \(PolicyKey.prefix)*"), but Java reads another one:"
            + " it has characters beyond ASCII or control characters; type the key again,"
            + " and save the file as UTF-8 or ISO 8859-1 without a byte order mark"
            + untilThen
    }

    static func unknownKey(_ key: String) -> String {
        let nearest = nearestSpelling(
            to: key.lowercased(), among: PolicyKey.allCases.map(\.rawValue))
        return "unknown key \(quoted(withoutGluedEntry(key))); did you mean '\(nearest)'?"
    }

    static func blank(_ key: PolicyKey, default value: String) -> String {
        "\(key.rawValue) has no value; the default is effective"
            + (value.isEmpty ? "" : ": '\(value)'")
    }

    static func surroundingBlanks(_ key: PolicyKey) -> String {
        "\(key.rawValue) has blanks around its value: virt-watchdog ignores them, but Java keeps blanks"
            + " at the end, and the CloudStack agent stops on them; remove them"
    }

    static func uncertainValue(_ key: PolicyKey) -> String {
        "\(key.rawValue) has a malformed \\uXXXX escape\(untilThen)"
    }

    static func badValue(
        _ key: PolicyKey, _ invalid: InvalidValue, shown: String, isContinued: Bool
    ) -> String {
        var message = "\(key.rawValue): \(invalid.message(quoting: shown))"
        if isContinued {
            message += "; the backslash at the end of the line joins the next line to it"
        }
        if invalid.value.contains("#") || invalid.value.contains("!") {
            message += "; a comment cannot follow a value on its line"
        }
        if invalid.value.contains("\"") || invalid.value.contains("'") {
            message += "; quotes are taken literally"
        }
        return message + untilThen
    }
}
