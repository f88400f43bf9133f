// SPDX-License-Identifier: Apache-2.0

import Synchronization
import System
import SystemPackage
import WatchdogPolicy

/// A line on the terminal about work that takes longer than a second.
///
/// It is on standard error. Output hides it, and it comes back below.
enum Progress {
    private struct State {
        /// The present step, or `nil` if none is long.
        var step: String?
        var start: ContinuousClock.Instant = .now
        /// Whether the line is on the terminal.
        var isShown = false
        /// Whether the thread that draws the line runs.
        var isDrawn = false
        /// Whether the user wants no progress.
        var isSilent = false
    }

    private static let delay: Duration = .seconds(1)
    private static let interval: Duration = .milliseconds(250)
    private static let state = Mutex(State())

    /// Shows no progress from now on.
    static func silence() {
        state.withLock { $0.isSilent = true }
    }

    /// Names the present step, and starts the time at the first one.
    static func show(_ step: String) {
        guard Terminal.showsProgress else { return }
        let starts = state.withLock { state in
            guard !state.isSilent else { return false }
            if state.step == nil { state.start = .now }
            state.step = step
            defer { state.isDrawn = true }
            return !state.isDrawn
        }
        if starts { Thread.detach { drawForever() } }
    }

    /// Ends the last step.
    static func end() {
        state.withLock { state in
            state.step = nil
            hide(&state)
        }
    }

    /// Does a step, and comes back to the step before.
    static func during<Result, Failure: Error>(
        _ step: String, _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let before = state.withLock { $0.step }
        show(step)
        defer {
            end()
            if let before { show(before) }
        }
        return try body()
    }

    /// Removes the line before other output.
    static func hide() {
        state.withLock { hide(&$0) }
    }

    private static func hide(_ state: inout State) {
        guard state.isShown else { return }
        state.isShown = false
        write("\r\u{1b}[K")
    }

    private static func drawForever() {
        while true {
            _ = Poll.readable(among: [], timeout: interval)
            state.withLock { state in
                let time = ContinuousClock.now - state.start
                guard let step = state.step, time > delay else { return }
                let text = printable("virt-watchdog: \(step) (\(time.components.seconds) s)")
                let width = (Terminal.width ?? 80) - 1
                state.isShown = true
                write("\r\u{1b}[K" + OutputEncoding.current.shown(text).prefix(width))
            }
        }
    }

    private static func write(_ text: String) {
        try? FileDescriptor.standardError.writeFully(Array(text.utf8))
    }
}
