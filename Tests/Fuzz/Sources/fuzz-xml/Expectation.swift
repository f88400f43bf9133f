// SPDX-License-Identifier: Apache-2.0

import CLibXML2
import FuzzSupport

@testable import WatchdogPolicy

extension Tree {
    /// The tree as it must be once a plan is carried out, and whether `devices` had to be made.
    func carryingOut(_ plan: Plan) -> (tree: Tree, madeDevices: Bool) {
        var tree = self
        switch plan.decision {
        case .attach(let device, _), .coldPlug(let device, _):
            tree.setActions(device.action.rawValue)
            let madeDevices = tree.add(device)
            return (tree, madeDevices)
        case .changeAction(_, let action): tree.setActions(action.rawValue)
        case .leave, .refuse: break
        }
        return (tree, false)
    }

    /// The tree without the white space around the elements of `devices`, or of the document:
    /// where an element is put on a line of its own, the line is new.
    func withoutLayout(where everywhere: Bool) -> Tree {
        var tree = Tree()
        var isInDevices = false
        for var node in nodes {
            if node.depth <= 1 { isInDevices = node.isElement && node.name == "devices" }
            let hasLayout = node.depth == 2 && isInDevices || node.depth == 1 && everywhere
            if hasLayout, node.type == XML_TEXT_NODE {
                node.content = node.content.trimmingWhiteSpace
                guard !node.content.isEmpty else { continue }
            }
            tree.nodes.append(node)
        }
        return tree
    }

    private var rootNamespace: String? { nodes.first { $0.isElement }?.namespace }

    /// The places of the definition's own `devices`.
    private var devices: [Int] {
        nodes.indices.filter {
            nodes[$0].depth == 1 && nodes[$0].isElement && nodes[$0].name == "devices"
                && nodes[$0].namespace == rootNamespace
        }
    }

    /// The place behind all that is in a node.
    private func end(of index: Int) -> Int {
        nodes[(index + 1)...].firstIndex { $0.depth <= nodes[index].depth } ?? nodes.endIndex
    }

    private mutating func setActions(_ action: String) {
        for devices in devices {
            for index in devices + 1..<end(of: devices)
            where nodes[index].depth == 2 && nodes[index].isElement
                && nodes[index].name == "watchdog" && nodes[index].namespace == rootNamespace
            {
                nodes[index].set("action", action)
            }
        }
    }

    /// - Returns: Whether there was no `devices` for the device to be in.
    private mutating func add(_ device: WatchdogDevice) -> Bool {
        var devices = devices.last
        let madeDevices = devices == nil
        if madeDevices, let root = nodes.firstIndex(where: \.isElement) {
            let end = end(of: root)
            nodes.insert(
                Node(depth: 1, type: XML_ELEMENT_NODE, namespace: rootNamespace, name: "devices"),
                at: end)
            devices = end
        }
        guard let devices else { fatalError("a definition without a root") }
        nodes.insert(
            Node(
                depth: 2, type: XML_ELEMENT_NODE, namespace: rootNamespace, name: "watchdog",
                attributes: [
                    Attribute(namespace: nil, name: "model", value: device.model.rawValue),
                    Attribute(namespace: nil, name: "action", value: device.action.rawValue),
                ]),
            at: end(of: devices))
        return madeDevices
    }
}

extension Tree.Node {
    /// Gives an attribute a value; libvirt's default stays unsaid where it is unsaid.
    fileprivate mutating func set(_ name: String, _ value: String) {
        if let index = attributes.firstIndex(where: { $0.namespace == nil && $0.name == name }) {
            attributes[index].value = value
        } else if value != WatchdogAction.reset.rawValue {
            attributes.append(Tree.Attribute(namespace: nil, name: name, value: value))
        }
    }
}

extension String {
    fileprivate var trimmingWhiteSpace: String {
        let isWhite: (Unicode.Scalar) -> Bool = { " \t\r\n".unicodeScalars.contains($0) }
        let end = unicodeScalars.reversed().drop(while: isWhite).startIndex.base
        return String(unicodeScalars[..<end].drop(while: isWhite))
    }
}
