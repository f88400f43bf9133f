// SPDX-License-Identifier: Apache-2.0

public import Foundation

/// The form of what the tool prints as JSON, in hooks/schemas.
public enum Schema {
    /// The names of all forms.
    public static let forms: [String] =
        ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
        .filter { $0.hasSuffix(".json") }.map { String($0.dropLast(".json".count)) }

    private static let folder = Repository.root.appending(path: "hooks/schemas")

    private static let script = """
        import json, jsonschema, sys
        jsonschema.validate(json.load(sys.stdin), json.load(open(sys.argv[1])))
        """

    /// Returns the errors of JSON, or nothing if it has the form of that name.
    ///
    /// The checker is Python's jsonschema.
    public static func complaint(about json: Data, form name: String) throws -> String? {
        let schema = folder.appending(path: "\(name).json").path
        let outcome = try Command("/usr/bin/python3", ["-c", script, schema], input: json).run()
        return outcome.status == 0 ? nil : outcome.errorText
    }
}
