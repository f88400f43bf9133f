// SPDX-License-Identifier: Apache-2.0

/// Makes an array of what libFuzzer hands over.
package func bytes(_ start: UnsafePointer<UInt8>?, _ count: Int) -> [UInt8] {
    Array(UnsafeBufferPointer(start: start, count: count))
}

/// Ends the run where something that must hold does not: libFuzzer then keeps the input.
package func require(_ holds: Bool, _ message: @autoclosure () -> String) {
    if !holds { fatalError(message()) }
}

extension String {
    /// The first character that ends a line, hides or turns text around it, or moves a cursor.
    package var firstDisruption: Unicode.Scalar? {
        unicodeScalars.first { scalar in
            switch scalar.value {
            case 0x20...0x7E: false
            case 0...0x9F, 0x2028, 0x2029: true
            default: scalar.properties.isBidiControl
            }
        }
    }
}
