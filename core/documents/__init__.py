"""The documents of legal acts (法律文书): number, sealed words, paper, verification. Knows a case by its id and number only (decision 0009)."""
