// SPDX-License-Identifier: Apache-2.0

/* A process that does nothing, linked as usual. */
int main(void) { return 0; }
