# What the hook does at prepare, in Python with lxml.
import sys

from lxml import etree

domain = etree.fromstring(sys.stdin.buffer.read())
etree.SubElement(domain.findall("devices")[-1], "watchdog", model="i6300esb", action="reset")
sys.stdout.buffer.write(etree.tostring(domain))
