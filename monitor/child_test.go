package monitor_test

const childVariable = "MONITOR_TEST_CHILD"

func child(string) int { return 0 }
