/// A policy with everything that was found on the way to it.
package struct PolicyReport: Sendable, Hashable {
    /// A setting of the policy and where its value came from.
    package struct Setting: Sendable, Hashable {
        /// Which setting.
        package var key: PolicyKey
        /// The value in force, as Java reads it.
        package var value: String
        /// The value with the bytes that Java reads one by one as UTF-8, or nothing where that is the
        /// same. Patterns match in both readings.
        package var utf8Value: String?
        /// The place in the file, or nothing where the value is built in.
        package var position: SourcePosition?
    }

    /// Something in the file that the operator should look at.
    package struct Problem: Sendable, Hashable {
        /// How much a problem matters.
        package enum Severity: String, Sendable, Hashable {
            /// The file is understood all the same.
            case warning
            /// Something in the file cannot be understood.
            case error
        }

        /// The place, or nothing where it is the whole file.
        package var position: SourcePosition?
        /// How much it matters.
        package var severity: Severity
        /// A clause with the remedy.
        package var message: String
    }

    /// A key that starts with `vm.watchdog.`, with the value as Java gives it.
    ///
    /// Only what may be another entry's value is left out: see ``init(reading:from:)``.
    package struct RawEntry: Sendable, Hashable {
        /// The key.
        package var key: String
        /// The value, blanks at its end included; of duplicates the last one.
        package var value: String
    }

    /// The file, or nothing where there is none.
    package var file: String?
    /// The policy in force.
    package var policy: Policy
    /// The entries of ours as they stand in the file.
    package var raw: [RawEntry]
    /// What was found, in the order of the file.
    package var problems: [Problem]

    /// Where a setting stands that is not built in.
    private struct Place: Sendable, Hashable {
        var key: PolicyKey
        var position: SourcePosition
    }

    /// Where the settings stand. A list, since what it takes Swift's runtime to make a dictionary is a
    /// good part of the hook's time.
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

    /// Whether a problem is an error.
    package var hasErrors: Bool { problems.contains { $0.severity == .error } }

    /// What the log should say beside a plan: warnings that are about the whole file.
    package var remarks: [String] {
        problems.filter { $0.position == nil && $0.severity == .warning }
            .map { "\(file ?? ""): \($0.message)" }
    }

    /// The built-in policy, for a host without a file.
    package static let builtIn = PolicyReport(file: nil, policy: .builtIn, raw: [], problems: [])

    private init(file: String?, policy: Policy, raw: [RawEntry], problems: [Problem]) {
        self.file = file
        self.policy = policy
        self.raw = raw
        self.problems = problems
    }

    /// Reports a file that is there but cannot be read: every guest is left alone.
    ///
    /// - Parameters:
    ///   - file: The file's path.
    ///   - message: A clause that says why, with the remedy.
    package init(unreadable file: String, because message: String) {
        self = .builtIn
        self.file = file
        problems = [Problem(position: nil, severity: .error, message: message)]
        policy.fault = "\(file): \(message)"
    }

    /// Reads the policy from the text of a properties file.
    ///
    /// Where another entry was glued to one of ours, by a lost line end or a backslash, no part of
    /// the report holds the other's value: it may be a passphrase.
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
                // Patterns hold no other entry, but may hold bytes that look as if they ended one.
                if known.takesPatterns { raw[raw.count - 1].value = entry.value.string }
            }
        }
        problems.sort { ($0.position?.order ?? (0, 0)) < ($1.position?.order ?? (0, 0)) }
    }

    /// Reports an entry that is none of ours, but looks like one.
    ///
    /// - Parameter isExplained: Whether the file's encoding explains the odd characters in keys.
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

    /// Brings one entry into the policy.
    ///
    /// - Returns: Whether its value is in force.
    private mutating func read(_ entry: Properties.Entry, as key: PolicyKey) -> Bool {
        let parts = key.takesPatterns ? entry.parts : nil
        // In UTF-8, a letter's last byte may look like a blank.
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
    /// The problem as a compiler would print it: `file:line:column: severity: message`.
    package func line(in file: String) -> String {
        let place = position.map { ":\($0.line):\($0.column)" } ?? ""
        return "\(file)\(place): \(severity.rawValue): \(message)"
    }
}

extension SourcePosition {
    fileprivate var order: (Int, Int) { (line, column) }
}

extension Properties {
    /// Of each entry, whether the same key comes again further down.
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
    /// The text as a string; what is ASCII, as it mostly is, needs no decoder.
    fileprivate var string: String {
        guard allSatisfy({ $0 < 0x80 }) else { return String(decoding: self, as: UTF16.self) }
        return String(decoding: map { UInt8($0) }, as: UTF8.self)
    }

    /// Whether all characters are of ASCII, and neither blanks nor control characters.
    fileprivate var isPrintable: Bool { allSatisfy { (0x21...0x7E).contains($0) } }

    /// The text without the characters that ``isPrintable`` speaks of.
    fileprivate var printable: Self { filter { (0x21...0x7E).contains($0) } }

    /// Whether the key is one of ours, or was meant to be: in another case, or with characters that
    /// the author did not type or did not see.
    fileprivate func mayBeOurs(prefix: [UInt16]) -> Bool {
        let key = isPrintable ? self : printable
        return key.count >= prefix.count
            && zip(key, prefix).allSatisfy { unit, expected in
                unit == expected || (0x41...0x5A).contains(unit) && unit | 0x20 == expected
            }
    }
}

extension Properties.Entry {
    /// Whether the key seems to be one of ours without a value and another key behind it, whose value
    /// this then is: it goes on behind a key of ours, or on another line, or has one more part.
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
    static let malformedEscape =
        "malformed \\uXXXX escape, for which Java refuses the whole file;"
        + " write four hexadecimal digits after \\u, or \\\\u for a backslash and a u"
    static let emptyFile = "the file is empty; the built-in policy is in force"

    static func duplicate(_ key: String) -> String {
        "\(escaped(withoutGluedEntry(key), quote: "'")) is set again further down; the last one is in force"
    }

    static func disguisedKey(_ key: PolicyKey?) -> String {
        "a key looks like \(key?.rawValue ?? "one of \(PolicyKey.prefix)*"), but Java reads another one:"
            + " there are characters in it beyond ASCII, or control characters; type the key again,"
            + " and save the file as UTF-8 or ISO 8859-1 without a byte order mark;"
            + " guests are left alone until you fix it"
    }

    static func unknownKey(_ key: String) -> String {
        let nearest = nearestSpelling(
            to: key.lowercased(), among: PolicyKey.allCases.map(\.rawValue))
        return "unknown key \(quoted(withoutGluedEntry(key))); did you mean '\(nearest)'?"
    }

    static func blank(_ key: PolicyKey, default value: String) -> String {
        "\(key.rawValue) has no value; the default is in force"
            + (value.isEmpty ? "" : ": '\(value)'")
    }

    static func surroundingBlanks(_ key: PolicyKey) -> String {
        "\(key.rawValue) has blanks around its value, which are left out here;"
            + " Java keeps blanks at the end, and the CloudStack agent stops on them"
    }

    static func uncertainValue(_ key: PolicyKey) -> String {
        "\(key.rawValue) has a malformed \\uXXXX escape; guests are left alone until it is mended"
    }

    static func badValue(
        _ key: PolicyKey, _ invalid: InvalidValue, shown: String, isContinued: Bool
    ) -> String {
        var message = "\(key.rawValue): \(invalid.message(quoting: shown))"
        if isContinued {
            message += "; the backslash at the end of its line joins the next line to it"
        }
        if invalid.value.contains("#") || invalid.value.contains("!") {
            message += "; a comment cannot follow a value on its line"
        }
        if invalid.value.contains("\"") || invalid.value.contains("'") {
            message += "; quotes are taken literally"
        }
        return message + "; guests are left alone until this is mended"
    }
}
