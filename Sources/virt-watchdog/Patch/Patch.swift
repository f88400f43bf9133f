import ArgumentParser
import DomainXML
import Host
import System
import SystemPackage
import WatchdogPolicy

/// `virt-watchdog patch`: the patched definition, for tools that pipe definitions through.
struct Patch: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print a definition with the policy's watchdog.",
        discussion: """
            Reads the definition of a domain, as virsh dumpxml prints it, and prints it patched; \
            unchanged if there is nothing to do, and then says why on standard error. Nothing is \
            connected to and nothing is changed.

            Exit codes: 0 the definition was printed; 1 the definition or the policy has an error.
            """)

    @OptionGroup var policy: PolicyOptions

    @Flag(help: "Print a unified diff instead, which patch(1) applies.")
    var diff = false

    @Argument(
        help: "The file to read; standard input if there is none, or for -.", completion: .file())
    var file: String?

    func run() throws {
        let report = policy.report()
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
            let remarks = isChanged ? [] : ["unchanged: \(obstacle ?? plan.reason)"]
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

    /// The diff of the definition as libxml2 writes it, shown on the lines of the input.
    ///
    /// libvirt writes attributes in single quotes and libxml2 in double ones, so that each line would
    /// differ; and the diff is to apply to the file. Where the lines do not correspond, since a tag
    /// spans several, the diff is of what libxml2 writes, and says so.
    private func difference(
        from before: [UInt8], to after: [UInt8], of input: [UInt8], in name: String
    ) -> [UInt8] {
        let name = printable(name)
        let corresponds = UnifiedDiff.lines(input).count == UnifiedDiff.lines(before).count
        return UnifiedDiff(
            from: before, to: after,
            oldName: corresponds ? name : "\(name) (as libxml2 writes it)",
            newName: "\(name) (patched)", original: corresponds ? input : nil
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
            StandardError.print("\(file): cannot be read: \(error)")
            throw ExitCode.notAsWanted
        }
    }
}
