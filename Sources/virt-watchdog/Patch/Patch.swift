// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import DomainXML
import System
import SystemPackage
import WatchdogPolicy

/// The command `virt-watchdog patch`: prints the patched domain XML, for use in pipes.
struct Patch: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print a domain XML with the policy's watchdog.",
        discussion: """
            Reads a domain XML, as virsh dumpxml prints it, and prints it patched. If the policy \
            changes nothing, prints it unchanged, and the reason on standard error. Connects to \
            nothing and changes nothing.

            Exit status: 0 the domain XML was printed; 1 the domain XML or the policy has an error.
            """)

    @OptionGroup(visibility: .private) var unusedDaemon: UnusedConnection<Patch>
    @OptionGroup(visibility: .private) var unusedOutput: UnusedOutput<Patch>
    @OptionGroup var policy: PolicyOptions

    @Flag(help: "Print a unified diff instead, which patch(1) applies.")
    var diff = false

    @Argument(
        help: "The file to read; without it or with -, standard input.", completion: .file())
    var file: String?

    func run() throws {
        let report = try policy.readableReport()
        let (name, bytes) = try input()
        let before: [UInt8]
        let after: [UInt8]
        do throws(DocumentError) {
            var document = try Document(parsing: bytes.span.bytes)
            let plan = Plan(for: document.facts, under: report.policy)
            before = diff ? try document.serialized() : bytes
            let obstacle = PersistentAddition.obstacle(to: plan, in: document.facts)
            let isChanged = plan.changesDefinition && obstacle == nil
            document.apply(plan)
            after = isChanged ? try document.serialized() : before
            let remarks =
                isChanged || plan.isOfFaultyPolicy ? [] : ["unchanged: \(obstacle ?? plan.reason)"]
            for remark in remarks + plan.warnings.map({ "warning: \($0)" }) {
                StandardError.print("\(name): \(remark)")
            }
        } catch {
            StandardError.print(error.message(in: name))
            throw ExitCode.notAsWanted
        }
        if diff {
            try StandardOutput.write(difference(from: before, to: after, of: bytes, in: name))
        } else {
            try StandardOutput.write(after)
        }
        if report.hasErrors {
            for problem in report.problems where problem.severity == .error {
                StandardError.print(problem.line(in: report.file ?? ""))
            }
            throw ExitCode.notAsWanted
        }
    }

    /// Returns the diff, in the spelling of the input.
    ///
    /// libxml2 writes attributes in double quotes, libvirt in single ones, so every line would
    /// differ. The diff must also apply to the input.
    private func difference(
        from before: [UInt8], to after: [UInt8], of input: [UInt8], in name: String
    ) -> [UInt8] {
        let name = printable(name)
        let (old, original) = (MarkupLines(before).lines, MarkupLines(input).lines)
        // patch(1) takes the first word for the file's name, unless a tab follows the name.
        let (oldName, newName) = (name.contains(" ") ? "\(name)\t" : name, "\(name)\t(patched)")
        guard old.count == original.count else {
            if before != after {
                StandardError.print(
                    "\(name): the diff does not apply: the encoding or the line ends are not those"
                        + " of libvirt; run patch without --diff")
            }
            return UnifiedDiff(from: before, to: after, oldName: oldName, newName: newName).bytes
        }
        return UnifiedDiff(
            from: old, to: MarkupLines(after).lines, in: original, oldName: oldName,
            newName: newName
        ).bytes
    }

    private func input() throws -> (name: String, bytes: [UInt8]) {
        let limit = Document.maximumLength
        guard let file, file != "-" else {
            return ("<stdin>", try FileDescriptor.standardInput.readToEnd(limit: limit))
        }
        do {
            return (file, try File.read(file, limit: limit))
        } catch {
            StandardError.print("cannot read \(file): \(error)")
            throw ExitCode.notAsWanted
        }
    }
}
