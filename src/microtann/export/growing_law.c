/* Resistances k + h p + sum of Q (1 - exp(-b p)) + viscosity (s / dt)^m, which grow with the flow s of the increment
   and with what has flowed before, p. */
typedef struct {
    double base[NAME_GROUPS], linear[NAME_GROUPS], power[NAME_GROUPS], saturation[NAME_GROUPS][NAME_TERMS + 1];
} NAME_law;

static void NAME_set_law(NAME_law *law, const double *accumulated, double time_increment)
{
    for (int g = 0; g < NAME_GROUPS; g++) {
        law->base[g] = NAME_RESISTANCE[g] + NAME_HARDENING[g] * accumulated[g];
        law->linear[g] = NAME_HARDENING[g];
        law->power[g] = 0.0;
        if (NAME_VISCOSITY[g] > 0.0 && NAME_EXPONENT[g] == 1.0) {
            law->linear[g] += NAME_VISCOSITY[g] / time_increment;
        } else if (NAME_VISCOSITY[g] > 0.0) {
            law->power[g] = NAME_VISCOSITY[g] * pow(time_increment, -NAME_EXPONENT[g]);
        }
        for (int j = 0; j < NAME_TERMS; j++) {
            double left = exp(-NAME_RATE[g][j] * accumulated[g]);
            law->base[g] += NAME_SATURATION[g][j] * (1.0 - left);
            law->saturation[g][j] = NAME_SATURATION[g][j] * left;
        }
    }
}

/* R(s), R'(s) and the integral of R; the slope at rest is infinite for a power below one. */
static void NAME_resist(const NAME_law *law, int g, double s, double *value, double *slope, double *total)
{
    *value = law->base[g] + law->linear[g] * s;
    *slope = law->linear[g];
    *total = law->base[g] * s + 0.5 * law->linear[g] * s * s;
    if (law->power[g] > 0.0) {
        double power = law->power[g] * pow(s, NAME_EXPONENT[g]);
        *value += power;
        *slope += s > 0.0 ? NAME_EXPONENT[g] * power / s : HUGE_VAL;
        *total += power * s / (1.0 + NAME_EXPONENT[g]);
    }
    for (int j = 0; j < NAME_TERMS; j++) {
        double q = law->saturation[g][j], b = NAME_RATE[g][j], grown = -expm1(-b * s), x = b * s;
        double series = s * x * (0.5 - x * (1.0 / 6.0 - x * (1.0 / 24.0 - x * (1.0 / 120.0 - x / 720.0))));
        *value += q * grown;
        *slope += q * b * (1.0 - grown);
        *total += q * (x < 1e-2 ? series : s - grown / b); /* a difference would leave no digits */
    }
}
