/// What a protector is asked for: one guest.
///
/// Its text is `[--fresh] UUID`.
public struct ProtectionRequest: Sendable, Hashable {
    /// The guest's UUID.
    public let uuid: String
    /// Whether what is written down about the guest's actions is of an earlier run.
    public let isFresh: Bool

    /// Asks for a guest, unless its UUID is none: 32 hexadecimal digits, with hyphens as libvirt
    /// writes them.
    public init?(uuid: String, isFresh: Bool = false) {
        guard Self.isUUID(uuid.utf8) else { return nil }
        self.uuid = uuid
        self.isFresh = isFresh
    }

    /// Reads a text as ``text`` writes it, and nothing else.
    public init?(_ text: some Sequence<UInt8>) {
        let bytes = Array(text)
        let isFresh = bytes.starts(with: Self.freshPrefix.utf8)
        let rest = bytes.dropFirst(isFresh ? Self.freshPrefix.utf8.count : 0)
        guard Self.isUUID(rest) else { return nil }
        self.init(uuid: String(decoding: rest, as: UTF8.self), isFresh: isFresh)
    }

    /// The text, at most ``maximumLength`` bytes.
    public var text: String { (isFresh ? Self.freshPrefix : "") + uuid }

    /// The arguments, as the protector's command line has them last.
    public var arguments: [String] { (isFresh ? ["--fresh"] : []) + [uuid] }

    /// The longest text.
    static let maximumLength = freshPrefix.utf8.count + 36

    private static let freshPrefix = "--fresh "

    private static func isUUID(_ text: some Collection<UInt8>) -> Bool {
        guard text.count == 36 else { return false }
        return text.enumerated().allSatisfy { index, byte in
            switch index {
            case 8, 13, 18, 23: byte == UInt8(ascii: "-")
            default: isHexadecimal(byte)
            }
        }
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"):
            true
        default: false
        }
    }
}
