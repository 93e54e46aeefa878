"""The form of laws: groups whose resistances grow with what has flowed and with the rate."""
