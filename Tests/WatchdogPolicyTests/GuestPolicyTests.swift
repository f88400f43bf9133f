import Testing
import WatchdogPolicy

/// The policy in a guest's own metadata.
struct GuestPolicyTests {
    @Test(
        "attributes are read in any case and without blanks around them",
        arguments: [
            ("enabled", "no"), ("enabled", " NO "), ("enabled", "false"),
        ] as [(String, String)])
    func disabled(name: String, value: String) {
        let policy = GuestPolicy(attributes: [(name, value)])
        #expect(policy.isEnabled == false)
        #expect(policy.fault == nil)
    }

    @Test("model and action are the properties file's")
    func modelAndAction() {
        let policy = GuestPolicy(attributes: [
            ("enabled", "yes"), ("model", "IB700"), ("action", "inject_nmi"),
        ])
        #expect(policy.isEnabled == true)
        #expect(policy.model == .model(.ib700))
        #expect(policy.action == .injectNMI)
        #expect(policy.fault == nil)
    }

    @Test(
        "what cannot be understood is a fault that names the nearest",
        arguments: [
            ("enabled", "noo", "'no'"), ("model", "i6300", "'i6300esb'"),
            ("action", "rest", "'reset'"), ("acton", "reset", "'action'"),
            ("model", "", "unknown value"),
        ] as [(String, String, String)])
    func faults(name: String, value: String, part: String) {
        let policy = GuestPolicy(attributes: [(name, value)])
        #expect(policy.fault?.contains(part) == true)
    }
}
