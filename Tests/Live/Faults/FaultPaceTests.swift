// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

extension LiveTests.Faults {
    /// Others, who want something of libvirt while guests start.
    struct Pace {
        private static let hook = "/etc/libvirt/hooks/qemu"

        /// Calls a command so many times, one after the other, and prints the microseconds of each.
        private static let timing = """
            count=$1
            shift
            while [ $((count--)) -gt 0 ]; do
                start=${EPOCHREALTIME/[.,]/}
                "$@" >/dev/null || exit
                echo $((${EPOCHREALTIME/[.,]/} - start))
            done
            """

        /// Starts and destroys a guest until there is a file.
        private static let starting = """
            until [ -e "$2" ]; do
                virsh -q start "$1" && virsh -q destroy "$1" || exit
                echo
            done
            """

        /// The virsh commands to time.
        private let questions: [[String]]
        private let guest: LabGuest
        private let other: LabGuest

        init() throws {
            try Lab.setPolicy("")
            guest = try LiveTests.Faults.guest("pace")
            other = try LiveTests.Faults.guest("pace-other")
            // With the UUID that it has, without which it would be another guest.
            let file = Lab.folder.appending(path: "\(other.name).xml")
            try Data(other.definition().utf8).write(to: file)
            questions = [["list", "--all"], ["dumpxml", guest.name], ["define", file.path]]
        }

        private func bash(_ script: String, _ arguments: [String]) throws -> RunningCommand {
            try RunningCommand(Command("/bin/bash", ["-c", script, "bash"] + arguments))
        }

        /// Asks all questions at once, each so many times, while a guest is started again and again.
        ///
        /// - Returns: The microseconds that each question took, each time.
        private func wave(_ count: Int) throws -> [[Int]] {
            let folder = try TemporaryFolder()
            let end = folder.url.appending(path: "end")
            let starts = try bash(Self.starting, [guest.name, end.path])
            let lanes = try questions.map { try bash(Self.timing, ["\(count)", "virsh"] + $0) }
            let times = try lanes.map { lane in
                let outcome = try lane.finish(within: .seconds(300)).outcome
                let times = outcome.text.split(separator: "\n").compactMap { Int($0) }
                try #require(times.count == count, "\(outcome.errorText)")
                return times
            }
            try folder.write("end", "")
            let outcome = try starts.finish(within: .seconds(300)).outcome
            try #require(outcome.status == 0 && !outcome.text.isEmpty, "\(outcome.errorText)")
            return times
        }

        /// The same without a hook; libvirt skips a missing hook.
        private func waveWithoutHook(_ count: Int) throws -> [[Int]] {
            let away = Lab.folder.appending(path: "hook-away").path
            try Lab.run("/bin/mv", [Self.hook, away])
            defer { _ = try? Command("/bin/mv", [away, Self.hook]).run() }
            return try wave(count)
        }

        /// Measures with the hook and without it by turns, and tells which questions it slows down.
        private func slowedDown(_ chance: inout SplitMix64) throws -> [String] {
            var waves = [PairedWaves](repeating: PairedWaves(), count: questions.count)
            let count = 50 / Self.rounds + 1
            for _ in 0..<Self.rounds {
                // One of three is without; with two of the same kind, a round shows the noise, too.
                let without = Int.random(in: 0..<3, using: &chance)
                for place in 0..<3 {
                    let times = try place == without ? waveWithoutHook(count) : wave(count)
                    for (question, times) in times.enumerated() {
                        waves[question].add(times, isWithout: place == without)
                    }
                }
            }
            return zip(questions, waves).flatMap { words, waves in
                [("median", 0.5), ("p90", 0.9)].compactMap { name, part in
                    let finding = waves.compare(part, &chance)
                    let title = "virsh \(words[0]), \(name)"
                    say("\(title): \(finding)")
                    return finding.isSlower ? title : nil
                }
            }
        }

        /// How often it is measured with the hook, without it, and with it again.
        private static let rounds = times(6, whole: 12)

        @Test
        func `virsh list, dumpxml and define are not slower beside starts than without the hook`()
            throws
        {
            var chance = chance(of: "pace")
            let first = try slowedDown(&chance)
            guard !first.isEmpty else { return }
            // What chance made so once in a hundred times, it hardly does twice.
            let second = try slowedDown(&chance)
            #expect(first.filter(second.contains) == [])
        }
    }

    /// Times of a question with and without the hook, in rounds of three waves.
    struct PairedWaves {
        /// Each wave's times, and whether it was without; three waves are a round.
        private var waves: [(times: [Int], isWithout: Bool)] = []

        mutating func add(_ times: [Int], isWithout: Bool) {
            waves.append((times, isWithout))
        }

        /// What the comparison came to.
        struct Finding: CustomStringConvertible {
            /// Milliseconds.
            var with: Double
            var without: Double
            /// In how many of all cases chance alone makes such a difference.
            var probability: Double

            /// Less than this, a kernel's time slice, is no noticeable delay.
            private static let negligible = 10.0

            var isSlower: Bool { probability <= 0.01 && with - without > Self.negligible }

            var description: String {
                let times = [with, without].map { String(format: "%.1f ms", $0) }
                return "\(times[0]) with the hook, \(times[1]) without,"
                    + String(format: " by chance in %.4f of cases", probability)
            }
        }

        /// Compares a quantile.
        ///
        /// How much is noise, the waves say themselves: if the hook changed nothing, any wave of a
        /// round could as well have been the one without.
        func compare(_ part: Double, _ chance: inout some RandomNumberGenerator) -> Finding {
            let sorted = waves.indices.flatMap { wave in waves[wave].times.map { ($0, wave) } }
                .sorted { $0.0 < $1.0 }
            func quantile(_ isIn: (Int) -> Bool) -> Int {
                let times = sorted.filter { isIn($0.1) }
                return times[Int((Double(times.count - 1) * part).rounded())].0
            }
            let with = quantile { !waves[$0].isWithout }
            let without = quantile { waves[$0].isWithout }
            let draws = 999
            let asLarge = (0..<draws).count { _ in
                let chosen = (0..<waves.count / 3).map { _ in Int.random(in: 0..<3, using: &chance)
                }
                let difference =
                    quantile { chosen[$0 / 3] != $0 % 3 } - quantile { chosen[$0 / 3] == $0 % 3 }
                return difference >= with - without
            }
            return Finding(
                with: Double(with) / 1000, without: Double(without) / 1000,
                probability: Double(asLarge + 1) / Double(draws + 1))
        }
    }
}
