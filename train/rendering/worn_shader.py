"""The shaders of textured meshes and of the ground, which shows shadows alone."""

from train.rendering.light_shader import LIGHT, VERTEX_LIGHT

WORN_VERTEX = (
    """
attribute vec3 a_position;
attribute vec3 a_normal;
attribute vec2 a_uv;
uniform mat4 u_projection;
varying vec2 v_uv;
"""
    + VERTEX_LIGHT
    + """
void main() {
    vec3 normal = normalize(a_normal);
    if (dot(normal, a_position) > 0.15 * length(a_position)) normal = -normal;
    light_up(normal, a_position);
    v_uv = a_uv;
    gl_Position = u_projection * vec4(a_position, 1.0);
}
"""
)

WORN_FRAGMENT = (
    """
uniform sampler2D u_texture;
uniform mat3 u_dye;          // of a colour to another
varying vec2 v_uv;
"""
    + LIGHT
    + """
void main() {
    vec4 color = texture2D(u_texture, v_uv);
    if (color.a < 0.5) discard;
    gl_FragColor = u_flat > 0.5 ? flat_color() : vec4(developed(clamp(u_dye * color.rgb, 0.0, 1.0), 1.0), u_number);
}
"""
)

GROUND_VERTEX = (
    """
attribute vec3 a_position;
uniform mat4 u_projection;
uniform vec3 u_up;
"""
    + VERTEX_LIGHT
    + """
void main() {
    light_up(u_up, a_position);
    gl_Position = u_projection * vec4(a_position, 1.0);
}
"""
)

GROUND_FRAGMENT = (
    LIGHT
    + """
void main() {
    vec3 share = (v_sky + v_direct * sunlit()) / max(v_sky + v_direct, 1e-3);
    gl_FragColor = vec4(outside_map() ? vec3(1.0) : sqrt(share), 0.0);
}
"""
)
