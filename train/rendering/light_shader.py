"""Light of synthetic photos: a sky of nine spherical harmonics, and a sun with a shadow map; then the camera's curve.

Light is computed at vertices, which costs a fraction of pixels; shadows are computed at pixels. Colours are made linear
by squaring them, lit, exposed and brought back (train/synthesis/light/skies.py has the same curve for panoramas).
"""

VERTEX_LIGHT = """
uniform float u_flat;
uniform mat4 u_red;          // light of the sky by the normal n: n' M n, with n = (x, y, z, 1)
uniform mat4 u_green;
uniform mat4 u_blue;
uniform vec3 u_light;        // towards the sun
uniform vec3 u_light_color;
uniform float u_exposure;
uniform mat4 u_sun;          // from the camera's frame into the shadow map
varying vec3 v_sky;
varying vec3 v_direct;
varying vec3 v_in_map;

void light_up(vec3 normal, vec3 place) {
    if (u_flat > 0.5) return;
    vec4 n = vec4(normal, 1.0);
    v_sky = u_exposure * max(vec3(dot(n, u_red * n), dot(n, u_green * n), dot(n, u_blue * n)), 0.0);
    v_direct = u_exposure * u_light_color * max(dot(normal, u_light), 0.0);
    v_in_map = (u_sun * vec4(place, 1.0)).xyz * 0.5 + 0.5;
}
"""

LIGHT = """
uniform float u_number;
uniform float u_flat;        // 0: lit, 1: white, for counting pixels, 2: depth, for the shadow map
uniform sampler2D u_shadow_map;
uniform float u_softness;    // of the shadow's edge, in the map
uniform float u_bias;        // by which a surface is lifted off its own shadow, in the map
varying vec3 v_sky;
varying vec3 v_direct;
varying vec3 v_in_map;

vec4 flat_color() {
    if (u_flat < 1.5) return vec4(1.0);
    vec4 digits = fract(gl_FragCoord.z * vec4(1.0, 255.0, 65025.0, 1.0));
    return vec4(digits.xyz - digits.yzz * vec3(1.0 / 255.0, 1.0 / 255.0, 0.0), 1.0);
}

float nearest_to_sun(vec2 at) { return dot(texture2D(u_shadow_map, at).xyz, vec3(1.0, 1.0 / 255.0, 1.0 / 65025.0)); }

bool outside_map() {
    return v_in_map.x < 0.01 || v_in_map.y < 0.01 || v_in_map.x > 0.99 || v_in_map.y > 0.99;
}

float sunlit() {
    if (outside_map() || v_direct.g < 0.01) return 1.0;
    float deep = min(v_in_map.z, 1.0) - u_bias;
    vec2 off = vec2(0.5, 0.25) * u_softness;
    return (step(deep, nearest_to_sun(v_in_map.xy + off)) + step(deep, nearest_to_sun(v_in_map.xy - off))) / 2.0;
}

vec3 developed(vec3 color, float shade) {
    vec3 light = v_sky * shade + v_direct * sunlit();
    return sqrt(1.0 - exp(-color * color * light));
}
"""
