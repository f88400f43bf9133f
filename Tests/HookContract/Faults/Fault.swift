// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// Something that goes wrong around a call of the hook: the other side of the matrix.
struct Fault: Sendable, CustomTestStringConvertible {
    /// What becomes of a call that reads a definition. Text is a part of the reason in the log.
    enum Effect: Sendable {
        /// All is done as ever.
        case none
        /// All is done as ever, and no line can be delivered.
        case unlogged
        /// No plan can be made.
        case noPlan(String)
        /// The policy gives no plan but to leave the guest alone.
        case leftAlone(String)
        /// The built-in policy is in force, which keeps the guest's watchdog and refuses nothing.
        case builtIn(String)
        /// The definition shows a guest that cannot be protected.
        case unprotectable(String)
        /// No process reads the output.
        case notPrinted(String)
        /// The one-shot cannot run: the log says so, and under enforce the start is refused.
        case notProtected(String)
        /// The one-shot comes to grief once it has begun.
        case failing(String)
        /// Whatever the limit lets it do, all of it or nothing.
        case uncertain
    }

    /// What happens once the hook runs.
    enum Event: Sendable {
        /// It gets the definition, whole, and the end of it.
        case inputEnds
        /// It gets so much of the definition, as a part of it, and never an end.
        case inputStays(Double)
        /// A signal comes at a moment.
        case signal(Int32, Moment)
    }

    /// When a signal comes.
    enum Moment: Sendable, CaseIterable {
        /// While the hook waits for the definition, of which it has nothing, half, or all.
        case beforeInput, amidInput, afterInput
        /// While it waits for the policy's file to hold still.
        case amidPolicy
        /// While it waits for a reader of its output.
        case amidOutput
    }

    var name: String
    var effect: Effect
    var protector = Host.Protector.reporting()
    var event = Event.inputEnds
    /// Makes the definition that the hook gets from the call's definition.
    var input: @Sendable (Data) -> Data = { $0 }
    /// Makes the hook's arguments.
    var arguments: @Sendable (HookCall) -> [[UInt8]] = { call in
        ([call.guest.name] + call.words).map { Array($0.utf8) }
    }
    /// Whether the arguments name no operation, so that the hook leaves at once.
    var hidesOperation = false
    /// Whether there is such a fault for a call.
    var concerns: @Sendable (HookCall) -> Bool = { _ in true }
    /// Brings it about on a host.
    var arrange: @Sendable (inout Host) throws -> Void = { _ in }

    var testDescription: String { name }

    static let all =
        definitions + truncations + properties + trust + streams + signals + limits + logs
        + protectors + arguments
}
