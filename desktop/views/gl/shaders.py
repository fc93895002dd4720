"""Shaders for a body, its edges and the floor, in GLSL 1.20, which every driver supports."""

VERTEX = """
#version 120
attribute vec3 a_position;
uniform mat4 u_camera;
varying vec3 v_position;
void main() {
    v_position = a_position;
    gl_Position = u_camera * vec4(a_position, 1.0);
}
"""

# Normals come from screen-space derivatives, so an update uploads vertices only. Three lights move with the
# camera: a key light from above at the left, a fill light from the right, a rim light from behind. Surfaces seen at a
# grazing angle are darker, which draws a line around a limb before the trunk.
SURFACE = """
#version 120
uniform vec3 u_color;
uniform vec3 u_eye;
uniform vec3 u_up;
uniform float u_opacity;
varying vec3 v_position;
void main() {
    vec3 normal = normalize(cross(dFdx(v_position), dFdy(v_position)));
    vec3 toward = normalize(u_eye - v_position);
    vec3 right = normalize(cross(u_up, toward));
    float facing = dot(normal, toward);
    normal = facing < 0.0 ? -normal : normal;
    facing = abs(facing);
    float key = max(dot(normal, normalize(0.62 * toward + 0.62 * u_up - 0.48 * right)), 0.0);
    float fill = max(dot(normal, normalize(0.70 * toward + 0.05 * u_up + 0.71 * right)), 0.0);
    float rim = max(dot(normal, normalize(0.45 * u_up + 0.3 * right - 0.6 * toward)), 0.0);
    float light = 0.46 + 0.54 * key + 0.16 * fill;
    float line = 0.58 + 0.42 * smoothstep(0.02, 0.42, facing);
    gl_FragColor = vec4(min(u_color * light * line + 0.25 * rim * line, 1.0), 1.0) * u_opacity;
}
"""

EDGES = """
#version 120
uniform vec3 u_color;
void main() {
    gl_FragColor = vec4(u_color, 1.0) * 0.4;
}
"""

# Lines every half metre, stronger every metre, fading out with the distance from the middle.
FLOOR = """
#version 120
uniform vec3 u_color;
uniform float u_radius;
varying vec3 v_position;
float line(float spacing) {
    vec2 at = v_position.xz / spacing;
    vec2 away = abs(fract(at - 0.5) - 0.5) / fwidth(at);
    return 1.0 - min(min(away.x, away.y), 1.0);
}
void main() {
    float fade = 1.0 - smoothstep(0.3 * u_radius, u_radius, length(v_position.xz));
    float strength = 0.10 + max(0.35 * line(0.5), 0.75 * line(1.0));
    gl_FragColor = vec4(u_color, 1.0) * strength * fade;
}
"""
