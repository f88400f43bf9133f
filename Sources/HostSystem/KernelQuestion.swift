internal import Glibc

/// Writes a question to a file of the kernel's and reads the answer from the same opening of it.
///
/// The C functions are `open`, `write` and `read`.
package func ask(_ path: String, _ question: String) throws(Errno) -> String {
    let file = try FileDescriptor(asking: path)
    try writeAll(Array(question.utf8), to: file.number)
    return String(decoding: try readAll(from: file.number, limit: 4096), as: UTF8.self)
}
