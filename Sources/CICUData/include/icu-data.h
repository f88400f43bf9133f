/* Nothing to declare: this target exists for the one symbol that it defines. */
