// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Libvirt
import System
import SystemPackage
import WatchdogPolicy

/// The guests that a command line selects: by name, by pattern, or on standard input.
struct GuestSelection {
    /// The guests that were found.
    struct Found {
        /// The guests, or the problem for each argument without one.
        var guests: [Result<Guest, GuestProblem>] = []
        /// The UUIDs of the guests whose names are on the command line.
        var named: Set<String> = []
    }

    /// The limit for the names on standard input, in bytes.
    private static let maximumInput = 1 << 20

    /// The names, UUIDs and IDs of the command line.
    private var named: [String] = []
    /// The names on standard input.
    private var listed: [String] = []
    private var patterns: [GuestPattern] = []
    /// Whether the command line has an argument for guests. An empty standard input selects none.
    let isGiven: Bool

    /// Sorts the arguments, and reads standard input for `-`.
    init(_ arguments: [String]) throws {
        isGiven = !arguments.isEmpty
        for argument in arguments {
            if argument == "-" {
                listed += try Self.namesFromInput()
            } else if Self.isPattern(argument) {
                patterns.append(GuestPattern(argument))
            } else {
                named.append(argument)
            }
        }
    }

    /// The line about an empty standard input.
    static let noneNamed = "Standard input names no guest."

    /// Whether every guest was named on the command line.
    var areAllNamed: Bool { isGiven && listed.isEmpty && patterns.isEmpty && !named.isEmpty }

    /// Returns whether an argument selects guests by a pattern.
    static func isPattern(_ argument: String) -> Bool {
        argument.contains("*") || argument.contains("?")
    }

    /// Returns the names in a text, one a line.
    static func names(in text: String) -> [String] {
        text.unicodeScalars.split(separator: "\n").compactMap { line in
            // Windows ends a line with two characters.
            let name = line.last == "\r" ? line.dropLast() : line
            return name.isEmpty ? nil : String(name)
        }
    }

    private static func namesFromInput() throws -> [String] {
        let bytes: [UInt8]
        do throws(Errno) {
            bytes = try FileDescriptor.standardInput.readToEnd(limit: maximumInput)
        } catch {
            StandardError.print("cannot read the names on standard input: \(error)")
            throw ExitCode.notAsWanted
        }
        guard bytes.count <= maximumInput else {
            StandardError.print("standard input has more than 1 MiB of names; name fewer guests")
            throw ExitCode.notAsWanted
        }
        return names(in: String(decoding: bytes, as: UTF8.self))
    }

    /// Finds the guests. A guest that is missing, and a pattern without a match, are errors in their
    /// places. A guest appears once.
    ///
    /// - Parameter selection: The guests among which patterns match, and all without an argument.
    func find(among selection: Connection.Selection, on connection: Connection) throws -> Found {
        var result = Found()
        guard isGiven else {
            result.guests = try connection.list(selection)
            return result
        }
        var known: Set<String> = []
        func add(_ found: [Result<Guest, GuestProblem>]) {
            result.guests += found.filter { found in
                guard case .success(let guest) = found else { return true }
                return known.insert(guest.uuid).inserted
            }
        }
        let found = connection.find(named)
        add(found)
        result.named = Set(found.compactMap { try? $0.get() }.map(\.uuid))
        // A name that is a number is no ID: it may come from --name.
        add(connection.find(listed, acceptsIDs: false))
        guard !patterns.isEmpty else { return result }
        let all = try connection.list(selection).compactMap { try? $0.get() }
            .sorted { $0.name < $1.name }
        for pattern in patterns {
            let matches = all.filter { pattern.matches($0.name) }
            add(
                matches.isEmpty
                    ? [.failure(Self.missing(pattern, selection))] : matches.map { .success($0) })
        }
        return result
    }

    private static func missing(
        _ pattern: GuestPattern, _ selection: Connection.Selection
    ) -> GuestProblem {
        let guests =
            switch selection {
            case .running: "no running guest"
            case .inactive: "no guest that is shut off"
            case .all: "no guest"
            }
        var problem = GuestProblem(
            guest: pattern.text, message: "\(guests) matches the pattern", isMissing: true)
        problem.missingPhrase = "no guest matches"
        return problem
    }
}
