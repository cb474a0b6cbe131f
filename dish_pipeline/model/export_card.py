def card(*a): return ""
