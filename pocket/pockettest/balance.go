package pockettest

type ledgerBook struct{}
