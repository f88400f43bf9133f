// SPDX-License-Identifier: Apache-2.0

/// An optional value whose key is always in the JSON, as null for no value.
@propertyWrapper
struct Nullable<Value> {
    /// The value.
    var wrappedValue: Value?

    /// Wraps a value. Without this, each memberwise initialiser would take the wrapper.
    init(wrappedValue: Value?) {
        self.wrappedValue = wrappedValue
    }
}

extension Nullable: Encodable where Value: Encodable {
    /// Encodes the value, or null.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(wrappedValue)
    }
}

extension Nullable: Equatable where Value: Equatable {}

extension Nullable: Hashable where Value: Hashable {}

extension Nullable: Sendable where Value: Sendable {}
