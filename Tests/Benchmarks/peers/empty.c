/* A process that does nothing, linked as usual. */
int main(void) { return 0; }
