/* A host that calls a user material once, with one thing wrong that it is told; with HAS_XIT it ends as Abaqus. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void umat_(double *stress, double *statev, double *ddsdde, double *sse, double *spd, double *scd, double *rpl,
           double *ddsddt, double *drplde, double *drpldt, const double *stran, const double *dstran,
           const double *time, const double *dtime, const double *temp, const double *dtemp, const double *predef,
           const double *dpred, const char *cmname, const int *ndi, const int *nshr, const int *ntens,
           const int *nstatv, const double *props, const int *nprops, const double *coords, const double *drot,
           double *pnewdt, const double *celent, const double *dfgrd0, const double *dfgrd1, const int *noel,
           const int *npt, const int *layer, const int *kspt, const int *kstep, const int *kinc);

#ifdef HAS_XIT
void xit_(void)
{
    exit(77);
}
#endif

int main(int count, char **words)
{
    const char *wrong = count > 1 ? words[1] : "";
    double stress[6] = {0}, statev[200] = {0}, ddsdde[36], strain[6] = {0}, increment[6] = {0.01, 0, 0, 0.02, 0, 0};
    double dtime = 1.0, pnewdt = 1.0, props[2] = {0.0, 0.0};
    double drot[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
    int ndi = 3, nshr = 3, ntens = 6, nstatv = count > 2 ? atoi(words[2]) : 0, nprops = 2, element = 12, point = 3;
    if (!strcmp(wrong, "plane stress")) ndi = 2, nshr = 1, ntens = 3;
    if (!strcmp(wrong, "few states")) nstatv -= 1;
    if (!strcmp(wrong, "more states")) nstatv += 1;
    if (!strcmp(wrong, "number")) props[0] = 7.0;
    if (!strcmp(wrong, "order")) props[1] = 2.0;
    if (!strcmp(wrong, "rotation")) drot[0] = drot[4] = cos(0.1), drot[1] = sin(0.1), drot[3] = -sin(0.1);
    if (!strcmp(wrong, "no time")) dtime = 0.0;
    if (!strcmp(wrong, "backwards")) dtime = -1.0;
    if (!strcmp(wrong, "no number")) increment[0] = NAN;
    if (!strcmp(wrong, "far")) increment[0] = 1e3;
    if (!strcmp(wrong, "state")) statev[0] = INFINITY;
    if (!strcmp(wrong, "rest")) memset(increment, 0, sizeof increment), dtime = 0.0;
    int alone = count > 3;
    umat_(stress, statev, ddsdde, NULL, NULL, NULL, NULL, NULL, NULL, NULL, strain, increment, NULL, &dtime, NULL, NULL,
          NULL, NULL, NULL, &ndi, &nshr, &ntens, &nstatv, props, &nprops, NULL, drot, alone ? NULL : &pnewdt, NULL, NULL,
          NULL, &element, &point, NULL, NULL, NULL, NULL);
    printf("%g %g %g\n", pnewdt, stress[0], ddsdde[0]);
    return 0;
}
