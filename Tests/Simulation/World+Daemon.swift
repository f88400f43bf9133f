// SPDX-License-Identifier: Apache-2.0

import Libvirt
import Protector
import WatchdogPolicy

extension World {
    // MARK: Cores

    /// Starts the service, with what an earlier one left.
    mutating func startService() {
        guard actors[0].core == nil else { return }
        note("service starts")
        actors[0].core = Core(.service, policy: policy, memory: memory)
        begin(0)
    }

    mutating func begin(_ actor: Int) {
        actors[actor].began = now
        guard let effects = actors[actor].core?.start(at: now) else { return }
        carryOut(effects, actor)
    }

    /// Kills a core's process. Its calls go on in the daemon.
    mutating func kill(_ actor: Int) {
        actors[actor].core = nil
        actors[actor].generation += 1
        actors[actor].epoch = nil
        actors[actor].isOpening = false
        actors[actor].losesLink = false
        lostCalls[actor] = nil
        actors[actor].outstanding = [:]
        actors[actor].knownRunning = []
        actors[actor].toldWaiting = 0
        actors[actor].timer = nil
    }

    /// Gives a core an input, and has its effects carried out.
    mutating func give(_ actor: Int, _ input: Input) {
        guard let effects = actors[actor].core?.handle(input, at: now) else { return }
        carryOut(effects, actor)
    }

    private mutating func carryOut(_ effects: [Effect], _ actor: Int) {
        let generation = actors[actor].generation
        for effect in effects {
            switch effect {
            case .connect:
                if actors[actor].isOpening {
                    violations.append("two connections are opened at once")
                }
                actors[actor].isOpening = true
                within(1...10, .connects(actor, generation: generation))
            case .disconnect:
                actors[actor].epoch = nil
                actors[actor].knownRunning = []
                after(.seconds(10), .idles(epoch))
            case .list:
                listCount += 1
                after(
                    .milliseconds(1),
                    .lists(actor, generation: generation, epoch: actors[actor].epoch ?? 0))
            case .call(let id, let call): begin(id, call, of: actor)
            case .abandon(let id): actors[actor].outstanding[id]?.abandoned = true
            case .log(let line, _):
                note("actor \(actor): \(line.text)")
                take(line, actor)
            case .remember(let uuid, let run): remember(uuid, run, actor)
            case .rememberFire(let uuid, let fire): memory.fires[uuid] = fire
            case .finished(let uuid, let outcome):
                took(outcome, of: uuid, actor)
                note(
                    "actor \(actor) finished \(uuid): \(outcome.protection.map { "\($0.map(\.result))" } ?? "-")"
                )
            case .serve: break
            }
        }
        if actors[actor].core?.isDone == true {
            if actors[actor].isCommand, now - actors[actor].began > Self.commandLimit {
                violations.append("a command took \(now - actors[actor].began)")
            }
            return kill(actor)
        }
        guard let next = actors[actor].core?.nextTimer else { return }
        if let timer = actors[actor].timer, timer <= next { return }
        actors[actor].timer = max(next, now)
        at(next, .timer(actor, generation: generation))
    }

    /// Takes note of what a removal tells, which must be so.
    private mutating func took(_ outcome: Outcome, of uuid: String, _ actor: Int) {
        guard let number = index[uuid], !actors[actor].dryRun else { return }
        switch outcome.liveRemoval {
        case .removed, .absent:
            guard let run = guests[number].run, let facts = outcome.facts,
                facts.id == "\(run.id)"
            else { return }
            guests[number].run?.wasRemoved = true
        case .notAnswered:
            if now - actors[actor].began > Self.commandLimit {
                violations.append("\(uuid) was waited for too long")
            }
        case .wouldRemove, nil: break
        }
    }

    private mutating func begin(_ id: CallID, _ call: Call, of actor: Int) {
        callCount += 1
        if actor == 0, now >= quiet { checkQuiet(call) }
        note("actor \(actor) calls \(call.uuid) \(call.kind)")
        if actors[actor].dryRun {
            switch call.kind {
            case .look, .removePersistent(dryRun: true), .inspect: break
            default: violations.append("a command that may change nothing calls \(call.kind)")
            }
        }
        if actors[actor].losesLink {
            actors[actor].outstanding[id] = (call.uuid, false)
            let lost = LibvirtError(code: .rpc, message: "client socket is closed")
            return after(
                .milliseconds(1),
                .input(
                    actor, generation: actors[actor].generation, epoch: 0,
                    .answered(id, .failure(.libvirt(lost)))))
        }
        guard let epoch = actors[actor].epoch else {
            violations.append("a call without a connection")
            return
        }
        // A command is about guests that its operator has named.
        if !actors[actor].isCommand, !actors[actor].knownRunning.contains(call.uuid) {
            violations.append("a call about \(call.uuid), which may be about to start")
        }
        if actors[actor].outstanding.values.contains(where: {
            $0.uuid == call.uuid && !$0.abandoned
        }) {
            violations.append("two calls about \(call.uuid) at once")
        }
        actors[actor].outstanding[id] = (call.uuid, false)
        if actors[actor].outstanding.count > 4 { violations.append("more than four calls") }
        after(
            .microseconds(Int64(500)),
            .executes(
                Execution(
                    actor: actor, generation: actors[actor].generation, epoch: epoch, id: id,
                    call: call, deadline: now + .seconds(30))))
    }

    private mutating func take(_ line: LogLine, _ actor: Int) {
        lineCount += 1
        if actor == 0, now >= quiet { quietLines[line.text, default: 0] += 1 }
        guard line.text.hasPrefix("op=protect guest=\"\" uuid=- result=waiting"),
            let reason = line.text.split(separator: "reason=\"").last
        else { return }
        actors[actor].toldWaiting = Int(reason.prefix { $0 != " " }) ?? 0
    }

    /// Takes note that the service has treated a run, which must be as the policy wants it.
    private mutating func remember(_ uuid: String, _ run: RunID, _ actor: Int) {
        memory.treated[uuid] = run
        guard let guest = index[uuid], let current = guests[guest].run, runID(current) == run,
            !current.removedByHand, let core = actors[actor].core
        else { return }
        var facts = facts(of: guests[guest], current)
        facts.trustRecords(of: run, hasArrived: true)
        if core.wouldChange(facts) {
            violations.append("\(uuid) is settled, and is not as planned")
        }
    }

    // MARK: Daemon

    mutating func connects(_ actor: Int, _ generation: Int) {
        guard actors[actor].generation == generation else { return }
        if daemonIsStopped {
            // A connection beside a stopped daemon does not return until it goes on.
            return after(.seconds(1), .connects(actor, generation: generation))
        }
        actors[actor].isOpening = false
        if !daemonIsUp { return give(actor, .noDaemon) }
        if percent(lossPercent) { return give(actor, .connectionFailed("too many clients")) }
        actors[actor].epoch = epoch
        give(actor, .connected(idlesOut: idlesOut))
    }

    /// Ends all connections; calls in the daemon end with it.
    mutating func loseConnections(_ chosen: Int? = nil) {
        for actor in actors.indices where actors[actor].epoch != nil {
            if let chosen, chosen != actor { continue }
            let generation = actors[actor].generation
            actors[actor].epoch = nil
            actors[actor].losesLink = true
            let lost = LibvirtError(code: .rpc, message: "client socket is closed")
            for id in actors[actor].outstanding.keys.sorted(by: { $0.number < $1.number }) {
                let delay = milliseconds(0...3)
                after(
                    delay,
                    .input(
                        actor, generation: generation, epoch: 0,
                        .answered(id, .failure(.libvirt(lost)))))
            }
            // Each is answered once, also if the daemon goes on with it.
            actors[actor].outstanding = actors[actor].outstanding.mapValues { ($0.uuid, true) }
            lostCalls[actor, default: []].formUnion(actors[actor].outstanding.keys)
            at(
                now + milliseconds(0...5),
                .input(actor, generation: generation, epoch: 0, .disconnected))
        }
    }

    /// Ends a daemon that has had neither guests nor clients for a while.
    mutating func idle(_ number: Int) {
        guard idlesOut, number == epoch, daemonIsUp, !daemonIsStopped,
            guests.allSatisfy({ $0.run == nil }), actors.allSatisfy({ $0.epoch == nil })
        else { return }
        // A call that has not returned keeps its connection, and the daemon with it.
        guard actors.allSatisfy(\.outstanding.isEmpty) else {
            return after(.seconds(10), .idles(number))
        }
        note("daemon idles out")
        daemonIsUp = false
        isIdle = true
        epoch += 1
    }

    mutating func killDaemon() {
        guard daemonIsUp else { return }
        note("daemon killed")
        daemonIsUp = false
        isIdle = false
        daemonIsStopped = false
        epoch += 1
        loseConnections()
        for guest in guests.indices {
            guard let run = guests[guest].run else { continue }
            // A run that was about to start, or to arrive, is lost with its daemon.
            if run.hooksUntil != nil || run.isArriving {
                guests[guest].run = nil
                continue
            }
            guests[guest].run?.waiters = []
            guests[guest].run?.occupiedSince = nil
            guests[guest].run?.hasJob = false
        }
        within(50...4000, .daemonIsUp(epoch))
    }

    mutating func lists(_ actor: Int, _ generation: Int, _ asked: Int) {
        guard actors[actor].generation == generation, actors[actor].epoch == asked, asked == epoch
        else { return }
        if daemonIsStopped {
            return after(.seconds(1), .lists(actor, generation: generation, epoch: asked))
        }
        var end = now
        for guest in guests { if let hooks = guest.run?.hooksUntil { end = max(end, hooks) } }
        if end > now { return at(end, .lists(actor, generation: generation, epoch: asked)) }
        let running = guests.compactMap { guest in
            guest.run.map { RunningGuest(uuid: guest.uuid, name: guest.name, id: $0.id) }
        }
        within(
            0...20, .input(actor, generation: generation, epoch: asked, .listed(.success(running))))
    }

    // MARK: Calls

    mutating func answer(_ execution: Execution, _ result: Result<Answer, CallFailure>) {
        guard actors[execution.actor].generation == execution.generation,
            lostCalls[execution.actor]?.contains(execution.id) != true
        else { return }
        after(
            .microseconds(Int64(200)),
            .input(
                execution.actor, generation: execution.generation, epoch: 0,
                .answered(execution.id, result)))
    }

    /// Does what a call asks, as far as the guest's lock, job and QEMU let it.
    mutating func execute(_ execution: Execution) {
        guard execution.epoch == epoch, daemonIsUp else { return }
        if daemonIsStopped { return after(.seconds(1), .executes(execution)) }
        guard let number = index[execution.call.uuid], var run = guests[number].run else {
            // Persistent guests have a definition all the same.
            switch execution.call.kind {
            case .removePersistent:
                return answer(execution, .success(.removedPersistent(.absent)))
            case .inspect:
                let facts = GuestFacts(name: execution.call.uuid, uuid: execution.call.uuid)
                return answer(
                    execution, .success(.inspected(Inspection(situation: Self.off, facts: facts))))
            default: break
            }
            if case .look = execution.call.kind, let number = index[execution.call.uuid] {
                var facts = GuestFacts(name: guests[number].name, uuid: guests[number].uuid)
                facts.isLive = false
                return answer(
                    execution,
                    .success(
                        .look(
                            Look(
                                facts: facts,
                                situation: Self.off))))
            }
            return answer(execution, .failure(.libvirt(Self.notRunning)))
        }
        if let hooks = run.hooksUntil { return at(hooks, .executes(execution)) }
        if case .look = execution.call.kind {
            if let since = run.occupiedSince {
                return answer(execution, .failure(.occupied(now - since)))
            }
            let situation = run.situation
            return answer(
                execution,
                .success(
                    .look(
                        Look(
                            facts: facts(of: guests[number], run), situation: situation,
                            isArriving: run.isArriving, run: runID(run), isStopped: run.isStopped)))
            )
        }
        if case .inspect(let sources) = execution.call.kind,
            sources == .none || run.hasJob || run.occupiedSince != nil || run.isStopped
        {
            return answer(
                execution,
                .success(
                    .inspected(
                        Inspection(situation: run.situation, facts: facts(of: guests[number], run)))
                ))
        }
        if run.hasJob || run.occupiedSince != nil {
            guard now < execution.deadline else {
                return answer(
                    execution,
                    .failure(
                        .libvirt(
                            LibvirtError(
                                code: .operationTimeout,
                                message: "cannot acquire state change lock"))))
            }
            return after(.seconds(1), .executes(execution))
        }
        if execution.call.kind.needsQEMU, run.isHung || run.isStopped {
            note("call about \(execution.call.uuid) hangs")
            run.occupiedSince = now
            run.waiters.append(execution)
            guests[number].run = run
            return
        }
        change(execution, number, run)
    }

    private mutating func change(_ execution: Execution, _ number: Int, _ old: Run) {
        var run = old
        switch execution.call.kind {
        case .attach(let xml):
            if let error = refusal(of: xml, guests[number], run) {
                return answer(execution, .failure(.libvirt(error)))
            }
            run.emulated += 1
            if !run.defined.contains(where: { $0.model == "itco" }) { run.action = action(in: xml) }
            guests[number].run = run
            if run.emulated > 1 { violations.append("\(execution.call.uuid) was attached twice") }
            if killsAtAttach {
                killsAtAttach = false
                return killDaemon()
            }
            // libvirt writes down what QEMU took a moment later.
            return within(0...3, .saves(execution))
        case .setAction(let action): run.action = action.rawValue
        case .record(let actionOverride): run.actionOverride = actionOverride
        case .optOut(let optOut):
            run.optOut = optOut
            guests[number].run = run
            emit(number, .metadataChanged(namespace: OptOut.namespace))
        case .unplugOrphan:
            if run.emulated > 0, !run.defined.contains(where: \.isOwned), now >= run.firmwareUntil {
                if !run.removing {
                    run.removing = true
                    within(10...1500, .removalEnds(number, run: run.number))
                }
            }
            guests[number].run = run
            return answer(execution, .success(.orphanIsGone(run.emulated == 0)))
        case .detach:
            guard run.defined.contains(where: \.isOwned) else {
                return answer(
                    execution,
                    .failure(
                        .libvirt(
                            LibvirtError(code: .operationFailed, message: "device not found"))))
            }
            guard !run.removing else {
                return answer(
                    execution,
                    .failure(
                        .libvirt(
                            LibvirtError(
                                code: .internalError,
                                message: "Device is already in the process of unplug"))))
            }
            // Firmware does not hear it.
            if now >= run.firmwareUntil {
                run.removing = true
                guests[number].run = run
                within(10...3000, .removalEnds(number, run: run.number))
            }
        case .inspect:
            let facts = facts(of: guests[number], run)
            return answer(
                execution, .success(.inspected(Inspection(situation: run.situation, facts: facts))))
        case .removePersistent:
            return answer(execution, .success(.removedPersistent(.absent)))
        case .persist, .look: break
        }
        guests[number].run = run
        answer(execution, .success(.done))
    }

    private static let off = Situation(state: .shutOff, reason: .shutdown)

    mutating func save(_ execution: Execution) {
        guard execution.epoch == epoch, daemonIsUp, let number = index[execution.call.uuid],
            case .attach(let xml) = execution.call.kind
        else { return }
        guard guests[number].run != nil else {
            return answer(execution, .failure(.libvirt(Self.notRunning)))
        }
        let watchdog = GuestFacts.Watchdog(
            model: "i6300esb", action: action(in: xml), alias: WatchdogDevice.alias,
            address: GuestFacts.PCIAddress(
                bus: bus(in: xml) ?? 0, slot: bus(in: xml) == nil ? 3 : 0))
        guests[number].run?.defined.append(watchdog)
        answer(execution, .success(.done))
    }

    private func refusal(of xml: String, _ guest: Guest, _ run: Run) -> LibvirtError? {
        if refusesSecond, !run.defined.filter({ $0.model != "itco" }).isEmpty {
            return LibvirtError(code: .operationInvalid, message: "domain already has a watchdog")
        }
        if run.defined.contains(where: \.isOwned) {
            return LibvirtError(
                code: .xmlError, message: "non unique alias detected: ua-virt-watchdog")
        }
        if run.emulated > 0 {
            return LibvirtError(
                code: .internalError,
                message: "unable to execute QEMU command 'device_add': Duplicate device ID"
                    + " '\(WatchdogDevice.alias)'")
        }
        // Something that libvirt does not show is in the last port.
        if guest.shape == .twoPorts, bus(in: xml) == 2 {
            return LibvirtError(
                code: .internalError,
                message:
                    "unable to execute QEMU command 'device_add': PCI: slot 0 function 0 already"
                    + " occupied")
        }
        if let itco = run.defined.first(where: { $0.model == "itco" }),
            itco.action != action(in: xml)
        {
            return LibvirtError(code: .unsupported, message: "watchdogs with different actions")
        }
        return nil
    }

    private func action(in xml: String) -> String {
        attribute("action", in: xml) ?? ""
    }

    private func bus(in xml: String) -> UInt32? {
        attribute("bus", in: xml).flatMap { UInt32($0) }
    }

    private func attribute(_ name: String, in xml: String) -> String? {
        let parts = xml.utf8.split(separator: UInt8(ascii: "'"))
        let suffix = "\(name)=".utf8
        for (part, value) in zip(parts, parts.dropFirst())
        where part.suffix(suffix.count).elementsEqual(suffix) { return String(value) }
        return nil
    }
}
