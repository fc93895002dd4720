"""Shaders for a body, its edges and the floor, in GLSL 1.20, which every driver supports."""

VERTEX = """
#version 120
attribute vec3 a_position;
attribute vec3 a_normal;
uniform mat4 u_camera;
varying vec3 v_position;
varying vec3 v_normal;
void main() {
    v_position = a_position;
    v_normal = a_normal;
    gl_Position = u_camera * vec4(a_position, 1.0);
}
"""

# Three lights move with the camera, as in a photographer's studio: a warm key light from above at the left, a cool fill
# light from the right, a rim light from behind; the sky and the floor light what faces them. Surfaces seen at a grazing
# angle are darker, which draws a line around a limb before the trunk. An x-ray shows those alone.
SURFACE = """
#version 120
uniform vec3 u_color;
uniform vec3 u_eye;
uniform vec3 u_up;
uniform float u_opacity;
uniform float u_xray;
varying vec3 v_position;
varying vec3 v_normal;
void main() {
    vec3 flat_normal = cross(dFdx(v_position), dFdy(v_position));
    vec3 normal = normalize(dot(v_normal, v_normal) > 1e-20 ? v_normal : flat_normal);
    vec3 toward = normalize(u_eye - v_position);
    vec3 right = normalize(cross(u_up, toward));
    float facing = dot(normal, toward);
    normal = facing < 0.0 ? -normal : normal;
    facing = abs(facing);
    float away = 1.0 - facing;
    vec3 key_from = normalize(0.62 * toward + 0.66 * u_up - 0.52 * right);
    float key = max((dot(normal, key_from) + 0.18) / 1.18, 0.0);
    float fill = max(dot(normal, normalize(0.55 * toward + 0.10 * u_up + 0.80 * right)), 0.0);
    float behind = max(dot(normal, normalize(0.50 * u_up + 0.55 * right - 0.55 * toward)), 0.0);
    float sky = 0.5 + 0.5 * dot(normal, u_up);
    float shine = max(dot(normal, normalize(key_from + toward)), 0.0);
    shine *= shine;  // to the power of 32, without the slow pow
    shine *= shine;
    shine *= shine;
    shine *= shine;
    shine *= shine;
    float line = 0.66 + 0.34 * smoothstep(0.0, 0.40, facing);
    vec3 light = mix(vec3(0.30, 0.29, 0.31), vec3(0.46, 0.48, 0.52), sky)
        + key * vec3(0.62, 0.59, 0.55) + fill * vec3(0.10, 0.14, 0.20);
    vec3 shown = u_color * light * line + 0.14 * shine + behind * away * away * vec3(0.45, 0.55, 0.70);
    shown = mix(shown, u_color * (0.75 + 0.25 * key), u_xray);
    float grazing = mix(0.05, 1.0, away * sqrt(away));
    gl_FragColor = vec4(min(shown, 1.0), 1.0) * u_opacity * mix(1.0, grazing, u_xray);
}
"""

EDGES = """
#version 120
uniform vec3 u_color;
void main() {
    gl_FragColor = vec4(u_color, 1.0) * 0.4;
}
"""

# A round floor that fades out with the distance from its middle: its tint, the bodies' shadow on it, and lines every
# half metre, stronger every metre.
FLOOR = """
#version 120
uniform vec3 u_color;
uniform float u_radius;
uniform float u_shadow_radius;
uniform sampler2D u_shadow;
varying vec3 v_position;
float line(float spacing) {
    vec2 at = v_position.xz / spacing;
    vec2 away = abs(fract(at - 0.5) - 0.5) / fwidth(at);
    return (1.0 - min(min(away.x, away.y), 1.0)) * (1.0 - smoothstep(0.25, 1.0, max(fwidth(at).x, fwidth(at).y)));
}
void main() {
    float away = length(v_position.xz) / u_radius;
    float fade = 1.0 - smoothstep(0.25, 1.0, away);
    float tint = 0.30 * (1.0 - smoothstep(0.0, 0.85, away));
    float lines = max(0.22 * line(0.5), 0.48 * line(1.0)) * fade;
    float shadow = texture2D(u_shadow, v_position.xz / (2.0 * u_shadow_radius) + 0.5).r;
    float shown = tint + lines * (1.0 - tint);
    gl_FragColor = vec4(u_color * shown * (1.0 - shadow), shown + shadow * (1.0 - shown));
}
"""
