// SPDX-License-Identifier: Apache-2.0

package import Libvirt

/// The reason why a call failed.
package enum CallFailure: Error, Sendable, Hashable {
    /// libvirt's error.
    case libvirt(LibvirtError)
    /// The domain XML is unreadable. The reason does not quote it.
    case definition(String)
    /// Another call has occupied the guest's monitor for this time.
    case occupied(Duration)
}
