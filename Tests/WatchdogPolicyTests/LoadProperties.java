// SPDX-License-Identifier: Apache-2.0

import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import java.util.TreeMap;

/**
 * Prints what Properties.load makes of the files that stand in a file in hexadecimal, one a line: their
 * keys and values in hexadecimal.
 */
class LoadProperties {
    public static void main(String[] arguments) throws Exception {
        StringBuilder output = new StringBuilder();
        for (String file : Files.readAllLines(Path.of(arguments[0]))) {
            Properties properties = new Properties();
            try {
                properties.load(new ByteArrayInputStream(bytes(file)));
                for (var entry : new TreeMap<>(properties).entrySet()) {
                    output.append(hexadecimal((String) entry.getKey())).append('=');
                    output.append(hexadecimal((String) entry.getValue())).append(' ');
                }
            } catch (IllegalArgumentException malformed) {
                output.append("THROWS");
            }
            output.append('\n');
        }
        System.out.print(output);
    }

    private static byte[] bytes(String digits) {
        byte[] bytes = new byte[digits.length() / 2];
        for (int index = 0; index < bytes.length; index++) {
            bytes[index] = (byte) Integer.parseInt(digits.substring(2 * index, 2 * index + 2), 16);
        }
        return bytes;
    }

    private static String hexadecimal(String text) {
        StringBuilder digits = new StringBuilder();
        for (char unit : text.toCharArray()) {
            digits.append(Integer.toHexString(0x10000 | unit), 1, 5);
        }
        return digits.toString();
    }
}
