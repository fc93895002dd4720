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

# Normals come from screen-space derivatives, so an update uploads vertices only. The light comes from the eye, and a
# little from above.
SURFACE = """
#version 120
uniform vec3 u_color;
uniform vec3 u_eye;
uniform vec3 u_up;
uniform float u_opacity;
varying vec3 v_position;
void main() {
    vec3 normal = normalize(cross(dFdx(v_position), dFdy(v_position)));
    float facing = dot(normal, normalize(u_eye - v_position));
    normal = facing < 0.0 ? -normal : normal;
    gl_FragColor = vec4(u_color * (0.34 + 0.62 * abs(facing) + 0.08 * dot(normal, u_up)), 1.0) * u_opacity;
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
