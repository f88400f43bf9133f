import java.io.FileInputStream;
import java.io.File;
import java.util.Properties;
import java.util.TreeMap;

/** Prints what Properties.load makes of the files 0, 1, ... in a folder: the keys and values in hexadecimal. */
class LoadProperties {
    public static void main(String[] arguments) throws Exception {
        for (int index = 0; new File(arguments[0], "" + index).exists(); index++) {
            Properties properties = new Properties();
            StringBuilder line = new StringBuilder();
            try (FileInputStream stream = new FileInputStream(new File(arguments[0], "" + index))) {
                properties.load(stream);
                for (var entry : new TreeMap<>(properties).entrySet()) {
                    line.append(hexadecimal((String) entry.getKey())).append('=');
                    line.append(hexadecimal((String) entry.getValue())).append(' ');
                }
            } catch (IllegalArgumentException malformed) {
                line.append("THROWS");
            }
            System.out.println(line);
        }
    }

    private static String hexadecimal(String text) {
        StringBuilder digits = new StringBuilder();
        for (char unit : text.toCharArray()) digits.append(String.format("%04x", (int) unit));
        return digits.toString();
    }
}
