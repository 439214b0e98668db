package index_test

const childVariable = "INDEX_TEST_CHILD"

func child(string) int { return 0 }
