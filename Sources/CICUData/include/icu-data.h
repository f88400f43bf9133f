// SPDX-License-Identifier: Apache-2.0

/* Nothing to declare: this target exists for the one symbol that it defines. */
