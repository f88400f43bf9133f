/// What the hook calls a protector for.
///
/// Its text is the end of a protector's command line, and all that the hook sends to a protector that
/// is at work already.
public enum ProtectorCall: Sendable, Hashable {
    /// To bring a guest to the policy: `[--fresh] UUID`.
    case protect(ProtectionRequest)
    /// To be there for a guest that is about to run: `--standby`.
    case standBy

    /// Reads a text as ``text`` writes it, and nothing else.
    public init?(_ text: some Sequence<UInt8>) {
        let bytes = Array(text)
        if bytes.elementsEqual(Self.standByWord.utf8) {
            self = .standBy
        } else if let request = ProtectionRequest(bytes) {
            self = .protect(request)
        } else {
            return nil
        }
    }

    /// The text, at most ``maximumLength`` bytes.
    public var text: String { arguments.joined(separator: " ") }

    /// The arguments, as the protector's command line has them last.
    public var arguments: [String] {
        switch self {
        case .protect(let request): request.arguments
        case .standBy: [Self.standByWord]
        }
    }

    /// The longest text.
    static let maximumLength = max(ProtectionRequest.maximumLength, standByWord.utf8.count)

    private static let standByWord = "--standby"
}
